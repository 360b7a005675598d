// opencycle CYCLES < PATHS: opens, reads to the end and closes files, one after the other and round again, so many
// times. Prints the nanoseconds of one cycle.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 16];

static void fail(const char *path) {
  fprintf(stderr, "opencycle: %s: %s\n", path, strerror(errno));
  exit(1);
}

static void cycle(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path);
  ssize_t count;
  while ((count = read(file, buffer, sizeof buffer)) > 0) {
  }
  if (count < 0) fail(path);
  close(file);
}

int main(int argc, char **argv) {
  long cycles = argc == 2 ? atol(argv[1]) : 0;
  if (cycles <= 0) {
    fprintf(stderr, "usage: opencycle CYCLES < PATHS\n");
    return 64;
  }

  char **paths = NULL, *line = NULL;
  size_t count = 0, capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    paths = realloc(paths, (count + 1) * sizeof *paths);
    if (!paths) fail("paths");
    paths[count++] = line;
    line = NULL;
    capacity = 0;
  }
  if (count == 0) return 64;

  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long done = 0; done < cycles; done++) cycle(paths[(size_t)done % count]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double elapsed = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
  printf("%.1f\n", elapsed / (double)cycles);
}
