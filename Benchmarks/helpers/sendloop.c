// sendloop FILE SECONDS: sends a file to /dev/null with sendfile(2), again and again. Prints bytes per second.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <time.h>
#include <unistd.h>

enum { chunk = 1 << 20 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: sendloop FILE SECONDS\n");
    return 64;
  }
  int source = open(argv[1], O_RDONLY | O_CLOEXEC), sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
  double start = now(), end = start + atof(argv[2]), time = start, sent = 0;
  off_t offset = 0;
  for (; time < end; time = now()) {
    ssize_t count = sendfile(sink, source, &offset, chunk);
    if (count < 0) {
      fprintf(stderr, "sendloop: %s: %s\n", argv[1], strerror(errno));
      return 1;
    }
    if (count == 0) offset = 0;
    sent += (double)count;
  }
  printf("%.0f\n", sent / (time - start));
}
