/// Calls that make, change and remove names.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static void call_mkdir(struct call *call) {
  mode_t mode = has_word(call, 2) ? (mode_t)number(call, 2) : 0755;
  report(call, mkdirat(call->directory, word(call, 1), mode));
}

static void call_rmdir(struct call *call) { report(call, unlinkat(call->directory, word(call, 1), AT_REMOVEDIR)); }
static void call_unlink(struct call *call) { report(call, unlinkat(call->directory, word(call, 1), 0)); }

static void call_unlinkat(struct call *call) {
  static const struct bit flags[] = {{"REMOVEDIR", AT_REMOVEDIR}, {"UNKNOWN", 0x800000}, {NULL, 0}};
  report(call, unlinkat(call->directory, word(call, 1), (int)bits(call, 2, flags)));
}

static void call_link(struct call *call) {
  report(call, linkat(call->directory, word(call, 1), call->target, word(call, 2), 0));
}

static void call_linkat(struct call *call) {
  static const struct bit known[] = {
      {"SYMLINK_FOLLOW", AT_SYMLINK_FOLLOW}, {"EMPTY_PATH", AT_EMPTY_PATH}, {"UNKNOWN", 0x800000}, {NULL, 0}};
  int flags = (int)bits(call, 3, known);
  report(call, linkat(call->directory, word(call, 1), call->target, word(call, 2), flags));
}

static void call_symlink(struct call *call) {
  report(call, symlinkat(word(call, 1), call->directory, word(call, 2)));
}

static void call_readlink(struct call *call) {
  char target[4096];
  size_t size = has_word(call, 2) ? (size_t)number(call, 2) : sizeof target;
  ssize_t length = readlinkat(call->directory, word(call, 1), target, size);
  report_number(call, length);
  if (length <= 0) return;
  append(&call->result, " ");
  append_readably(&call->result, target, (size_t)length);
}

static void call_rename(struct call *call) {
  report(call, renameat(call->directory, word(call, 1), call->target, word(call, 2)));
}

static void call_renameat2(struct call *call) {
  static const struct bit known[] = {{"NOREPLACE", RENAME_NOREPLACE},
                                     {"EXCHANGE", RENAME_EXCHANGE},
                                     {"WHITEOUT", RENAME_WHITEOUT},
                                     {"UNKNOWN", 0x100},
                                     {NULL, 0}};
  unsigned flags = (unsigned)bits(call, 3, known);
  report(call, renameat2(call->directory, word(call, 1), call->target, word(call, 2), flags));
}

/// `mknod PATH KIND MODE`, where KIND is file, fifo, socket, char:MAJOR:MINOR, block:MAJOR:MINOR or directory.
static void call_mknod(struct call *call) {
  const char *kind = word(call, 2);
  unsigned major = 0, minor = 0;
  mode_t type;
  if (strcmp(kind, "file") == 0) type = S_IFREG;
  else if (strcmp(kind, "none") == 0) type = 0;
  else if (strcmp(kind, "fifo") == 0) type = S_IFIFO;
  else if (strcmp(kind, "socket") == 0) type = S_IFSOCK;
  else if (strcmp(kind, "directory") == 0) type = S_IFDIR;
  else if (sscanf(kind, "char:%u:%u", &major, &minor) == 2) type = S_IFCHR;
  else if (sscanf(kind, "block:%u:%u", &major, &minor) == 2) type = S_IFBLK;
  else return mistake(call, "unknown kind of node");
  mode_t mode = (mode_t)number(call, 3);
  report(call, mknodat(call->directory, word(call, 1), type | mode, makedev(major, minor)));
}

static void call_mkfifo(struct call *call) {
  report(call, mkfifoat(call->directory, word(call, 1), (mode_t)number(call, 2)));
}

/// A socket of the family AF_UNIX, bound to a name or connected to one.
static void call_socket(struct call *call) {
  bool bound = strcmp(word(call, 0), "bind") == 0;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (word_length(call, 1) >= sizeof address.sun_path) return mistake(call, "too long for a socket");
  memcpy(address.sun_path, word(call, 1), word_length(call, 1));
  int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return mistake(call, "no socket");
  const struct sockaddr *name = (const struct sockaddr *)&address;
  int failed = bound ? bind(made, name, sizeof address) : connect(made, name, sizeof address);
  if (!failed && bound) failed = listen(made, 4);
  int error = errno;
  if (failed) close(made);
  errno = error;
  keep_descriptor(call, failed ? -1 : made);
}

static void call_chdir(struct call *call) { report(call, chdir(word(call, 1))); }
static void call_fchdir(struct call *call) { report(call, fchdir(descriptor(call, 1))); }

/// The last name of the working directory's path.
static void call_getcwd(struct call *call) {
  char *path = aligned(1 << 16);
  long length = syscall(SYS_getcwd, path, 1 << 16);
  if (length < 0) return report(call, length);
  const char *slash = strrchr(path, '/');
  append(&call->result, "%s", slash ? slash + 1 : path);
}

/// `descend NAME COUNT`: makes a directory and enters it, again and again.
static void call_descend(struct call *call) {
  long long count = number(call, 2);
  for (long long i = 0; i < count; i++) {
    if (mkdir(word(call, 1), 0755) != 0 || chdir(word(call, 1)) != 0) {
      append(&call->result, "%lld ", i);
      return report(call, -1);
    }
  }
  report(call, 0);
}

/// `ascend NAME COUNT`: leaves directories and removes them.
static void call_ascend(struct call *call) {
  long long count = number(call, 2);
  for (long long i = 0; i < count; i++) {
    if (chdir("..") != 0 || rmdir(word(call, 1)) != 0) {
      append(&call->result, "%lld ", i);
      return report(call, -1);
    }
  }
  report(call, 0);
}

/// `many KIND PREFIX COUNT`: makes or removes files with numbered names.
static void call_many(struct call *call) {
  long long count = number(call, 3);
  for (long long i = 0; i < count; i++) {
    char name[300];
    snprintf(name, sizeof name, "%s%lld", word(call, 2), i);
    int failed;
    if (strcmp(word(call, 1), "make") == 0) failed = mknodat(call->directory, name, S_IFREG | 0644, 0);
    else if (strcmp(word(call, 1), "remove") == 0) failed = unlinkat(call->directory, name, 0);
    else return mistake(call, "make or remove");
    if (failed) {
      append(&call->result, "%lld ", i);
      return report(call, -1);
    }
  }
  report(call, 0);
}

/// `chain PREFIX COUNT TARGET`: PREFIX1 is a link to TARGET, and every further one to the one before.
static void call_chain(struct call *call) {
  long long count = number(call, 2);
  char target[300], name[300];
  snprintf(target, sizeof target, "%s", word(call, 3));
  for (long long i = 1; i <= count; i++) {
    snprintf(name, sizeof name, "%s%lld", word(call, 1), i);
    if (symlink(target, name) != 0) return report(call, -1);
    memcpy(target, name, sizeof target);
  }
  report(call, 0);
}

const struct command name_commands[] = {
    {"mkdir", 1, 2, call_mkdir},
    {"rmdir", 1, 1, call_rmdir},
    {"unlink", 1, 1, call_unlink},
    {"unlinkat", 2, 2, call_unlinkat},
    {"link", 2, 2, call_link},
    {"linkat", 3, 3, call_linkat},
    {"symlink", 2, 2, call_symlink},
    {"readlink", 1, 2, call_readlink},
    {"rename", 2, 2, call_rename},
    {"renameat2", 3, 3, call_renameat2},
    {"mknod", 3, 3, call_mknod},
    {"mkfifo", 2, 2, call_mkfifo},
    {"bind", 1, 1, call_socket},
    {"connect", 1, 1, call_socket},
    {"chdir", 1, 1, call_chdir},
    {"fchdir", 1, 1, call_fchdir},
    {"getcwd", 0, 0, call_getcwd},
    {"descend", 2, 2, call_descend},
    {"ascend", 2, 2, call_ascend},
    {"many", 3, 3, call_many},
    {"chain", 3, 3, call_chain},
    {NULL, 0, 0, NULL},
};
