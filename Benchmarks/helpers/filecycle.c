// filecycle OPERATION < PATHS: does one thing to each file in turn, in one thread, and prints the nanoseconds for one.
//
//   create     makes the file, writes 1 KiB, closes it     stat       asks for its attributes
//   overwrite  empties it on opening, writes "x\n"          unlink     removes it
//   chmod      sets its mode to 0640                       rename     puts ".moved" behind its name
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char contents[1024];

static void fail(const char *path) {
  fprintf(stderr, "filecycle: %s: %s\n", path, strerror(errno));
  exit(1);
}

static void put(const char *path, int flags, const char *bytes, size_t count) {
  int file = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
  if (file < 0) fail(path);
  if (write(file, bytes, count) != (ssize_t)count) fail(path);
  if (close(file) != 0) fail(path);
}

static void create(const char *path) { put(path, O_CREAT | O_EXCL, contents, sizeof contents); }

static void overwrite(const char *path) { put(path, O_TRUNC, "x\n", 2); }

static void attributes(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) fail(path);
}

static void removed(const char *path) {
  if (unlink(path) != 0) fail(path);
}

static void mode(const char *path) {
  if (chmod(path, 0640) != 0) fail(path);
}

static void moved(const char *path) {
  char target[PATH_MAX];
  if ((size_t)snprintf(target, sizeof target, "%s.moved", path) >= sizeof target) fail(path);
  if (rename(path, target) != 0) fail(path);
}

static const struct {
  const char *name;
  void (*perform)(const char *path);
} operations[] = {
    {"create", create}, {"overwrite", overwrite}, {"stat", attributes},
    {"unlink", removed}, {"chmod", mode}, {"rename", moved},
};

int main(int argc, char **argv) {
  void (*perform)(const char *) = NULL;
  for (size_t index = 0; argc == 2 && index < sizeof operations / sizeof *operations; index++) {
    if (strcmp(argv[1], operations[index].name) == 0) perform = operations[index].perform;
  }
  if (!perform) {
    fprintf(stderr, "usage: filecycle create|overwrite|stat|unlink|chmod|rename < PATHS\n");
    return 64;
  }
  memset(contents, 'c', sizeof contents);

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
  for (size_t index = 0; index < count; index++) perform(paths[index]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double elapsed = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
  printf("%.1f\n", elapsed / (double)count);
}
