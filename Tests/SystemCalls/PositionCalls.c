/// Calls on the size of files, and on where in them there is something.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void call_truncate(struct call *call) { report(call, truncate(word(call, 1), number(call, 2))); }
static void call_ftruncate(struct call *call) { report(call, ftruncate(descriptor(call, 1), number(call, 2))); }

static void call_lseek(struct call *call) {
  static const struct bit origins[] = {{"SET", SEEK_SET}, {"CUR", SEEK_CUR},   {"END", SEEK_END}, {"DATA", SEEK_DATA},
                                       {"HOLE", SEEK_HOLE}, {"NONE", 99}, {NULL, 0}};
  report_number(call, lseek(descriptor(call, 1), number(call, 2), (int)bits(call, 3, origins)));
}

static void call_fallocate(struct call *call) {
  static const struct bit modes[] = {{"KEEP_SIZE", FALLOC_FL_KEEP_SIZE},
                                     {"PUNCH_HOLE", FALLOC_FL_PUNCH_HOLE},
                                     {"ZERO_RANGE", FALLOC_FL_ZERO_RANGE},
                                     {"COLLAPSE_RANGE", FALLOC_FL_COLLAPSE_RANGE},
                                     {"INSERT_RANGE", FALLOC_FL_INSERT_RANGE},
                                     {"UNSHARE_RANGE", FALLOC_FL_UNSHARE_RANGE},
                                     {NULL, 0}};
  int file = descriptor(call, 1);
  report(call, fallocate(file, (int)bits(call, 2, modes), number(call, 3), number(call, 4)));
}

static void call_posix_fallocate(struct call *call) {
  errno = posix_fallocate(descriptor(call, 1), number(call, 2), number(call, 3));
  report(call, errno ? -1 : 0);
}

static void call_posix_fadvise(struct call *call) {
  static const struct bit advices[] = {{"WILLNEED", POSIX_FADV_WILLNEED}, {"DONTNEED", POSIX_FADV_DONTNEED},
                                       {"SEQUENTIAL", POSIX_FADV_SEQUENTIAL}, {NULL, 0}};
  errno = posix_fadvise(descriptor(call, 1), 0, 0, (int)bits(call, 2, advices));
  report(call, errno ? -1 : 0);
}

static rlim_t limit = RLIM_INFINITY;

/// `limit SIZE`: how long this process's files may become, by the calls that follow.
static void call_limit(struct call *call) {
  limit = strcmp(word(call, 1), "none") == 0 ? RLIM_INFINITY : (rlim_t)number(call, 1);
  report(call, 0);
}

void limit_files(bool on) {
  struct rlimit now;
  if (getrlimit(RLIMIT_FSIZE, &now) != 0) return;
  now.rlim_cur = on && limit != RLIM_INFINITY ? limit : now.rlim_max;
  setrlimit(RLIMIT_FSIZE, &now);
}

const struct command position_commands[] = {
    {"truncate", 2, 2, call_truncate},
    {"ftruncate", 2, 2, call_ftruncate},
    {"lseek", 3, 3, call_lseek},
    {"fallocate", 4, 4, call_fallocate},
    {"posix_fallocate", 3, 3, call_posix_fallocate},
    {"posix_fadvise", 2, 2, call_posix_fadvise},
    {"limit", 1, 1, call_limit},
    {NULL, 0, 0, NULL},
};
