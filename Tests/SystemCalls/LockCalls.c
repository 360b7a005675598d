/// Locks: on whole files (flock), of processes (fcntl F_SETLK) and of open files (F_OFD_SETLK).

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

static void call_flock(struct call *call) {
  static const struct bit known[] = {{"SH", LOCK_SH}, {"EX", LOCK_EX}, {"UN", LOCK_UN}, {"NB", LOCK_NB}, {NULL, 0}};
  int operation = (int)bits(call, 2, known);
  report(call, flock(descriptor(call, 1), operation));
}

/// `setlk HANDLE TYPE START LENGTH`, and the like: `setlkw` waits, `getlk` asks; the prefix `ofd-` is of open files.
static void call_fcntl(struct call *call) {
  static const struct bit types[] = {{"RD", F_RDLCK}, {"WR", F_WRLCK}, {"UN", F_UNLCK}, {NULL, 0}};
  const char *name = word(call, 0);
  bool open = strncmp(name, "ofd-", 4) == 0;
  if (open) name += 4;
  int command = strcmp(name, "getlk") == 0    ? (open ? F_OFD_GETLK : F_GETLK)
                : strcmp(name, "setlkw") == 0 ? (open ? F_OFD_SETLKW : F_SETLKW)
                                              : (open ? F_OFD_SETLK : F_SETLK);
  struct flock lock = {.l_type = (short)bits(call, 2, types), .l_whence = SEEK_SET, .l_start = number(call, 3),
                       .l_len = number(call, 4)};
  int failed = fcntl(descriptor(call, 1), command, &lock);
  if (failed || strcmp(name, "getlk") != 0) return report(call, failed);
  const char *type = lock.l_type == F_UNLCK ? "free" : lock.l_type == F_RDLCK ? "read" : "write";
  append(&call->result, "%s", type);
  if (lock.l_type == F_UNLCK) return;
  append(&call->result, " %lld %lld %s", (long long)lock.l_start, (long long)lock.l_len,
         lock.l_pid > 0 ? "process" : lock.l_pid == -1 ? "open file" : "nobody");
}

static void call_lease(struct call *call) {
  static const struct bit types[] = {{"RD", F_RDLCK}, {"WR", F_WRLCK}, {"UN", F_UNLCK}, {NULL, 0}};
  report(call, fcntl(descriptor(call, 1), F_SETLEASE, (int)bits(call, 2, types)));
}

const struct command lock_commands[] = {
    {"flock", 2, 2, call_flock},
    {"setlk", 4, 4, call_fcntl},
    {"setlkw", 4, 4, call_fcntl},
    {"getlk", 4, 4, call_fcntl},
    {"ofd-setlk", 4, 4, call_fcntl},
    {"ofd-setlkw", 4, 4, call_fcntl},
    {"ofd-getlk", 4, 4, call_fcntl},
    {"lease", 2, 2, call_lease},
    {NULL, 0, 0, NULL},
};
