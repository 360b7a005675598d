/// Calls on attributes: mode, owner, size, identity.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static void call_chmod(struct call *call) {
  report(call, fchmodat(call->directory, word(call, 1), (mode_t)number(call, 2), 0));
}

static void call_fchmod(struct call *call) { report(call, fchmod(descriptor(call, 1), (mode_t)number(call, 2))); }

static uid_t identifier(struct call *call, int index) {
  return strcmp(word(call, index), "-") == 0 ? (uid_t)-1 : (uid_t)number(call, index);
}

static void call_chown(struct call *call) {
  int flags = strcmp(word(call, 0), "lchown") == 0 ? AT_SYMLINK_NOFOLLOW : 0;
  report(call, fchownat(call->directory, word(call, 1), identifier(call, 2), identifier(call, 3), flags));
}

static void call_fchown(struct call *call) {
  report(call, fchown(descriptor(call, 1), identifier(call, 2), identifier(call, 3)));
}

static void call_access(struct call *call) {
  static const struct bit rights[] = {{"F", F_OK}, {"R", R_OK}, {"W", W_OK}, {"X", X_OK}, {NULL, 0}};
  static const struct bit flags[] = {{"EACCESS", AT_EACCESS}, {"NOFOLLOW", AT_SYMLINK_NOFOLLOW}, {NULL, 0}};
  int wanted = (int)bits(call, 2, rights);
  report(call, faccessat(call->directory, word(call, 1), wanted, (int)bits(call, 3, flags)));
}

static const char *type_name(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFREG: return "file";
  case S_IFDIR: return "directory";
  case S_IFLNK: return "symlink";
  case S_IFIFO: return "fifo";
  case S_IFSOCK: return "socket";
  case S_IFCHR: return "char";
  case S_IFBLK: return "block";
  default: return "?";
  }
}

static bool append_field(struct text *text, const struct stat *status, const char *field) {
  if (strcmp(field, "type") == 0) append(text, "%s", type_name(status->st_mode));
  else if (strcmp(field, "mode") == 0) append(text, "%04o", status->st_mode & 07777);
  else if (strcmp(field, "size") == 0) append(text, "%lld", (long long)status->st_size);
  else if (strcmp(field, "nlink") == 0) append(text, "%lld", (long long)status->st_nlink);
  else if (strcmp(field, "uid") == 0) append(text, "%u", status->st_uid);
  else if (strcmp(field, "gid") == 0) append(text, "%u", status->st_gid);
  else if (strcmp(field, "rdev") == 0) append(text, "%u:%u", major(status->st_rdev), minor(status->st_rdev));
  else if (strcmp(field, "blocks") == 0) append(text, "%s", status->st_blocks ? "some" : "none");
  else if (strcmp(field, "atime") == 0) append(text, "%lld.%09ld", (long long)status->st_atim.tv_sec, status->st_atim.tv_nsec);
  else if (strcmp(field, "mtime") == 0) append(text, "%lld.%09ld", (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
  else return false;
  return true;
}

static void print_fields(struct call *call, int index, int failed, const struct stat *status) {
  if (failed) return report(call, failed);
  char *fields = strdup(has_word(call, index) ? word(call, index) : "type,mode,uid,gid"), *rest = fields, *field;
  while ((field = strsep(&rest, ","))) {
    append(&call->result, call->result.length ? " %s=" : "%s=", field);
    if (!append_field(&call->result, status, field)) {
      mistake(call, "unknown field");
      break;
    }
  }
  free(fields);
}

static void call_stat(struct call *call) {
  struct stat status;
  int flags = strcmp(word(call, 0), "lstat") == 0 ? AT_SYMLINK_NOFOLLOW : 0;
  print_fields(call, 2, fstatat(call->directory, word(call, 1), &status, flags), &status);
}

static void call_fstat(struct call *call) {
  struct stat status;
  int file = descriptor(call, 1);
  print_fields(call, 2, fstat(file, &status), &status);
}

/// What does not depend on how full the disk is.
static void call_statfs(struct call *call) {
  struct statfs status;
  int failed = statfs(word(call, 1), &status);
  if (failed) return report(call, failed);
  bool sane = status.f_bavail <= status.f_bfree && status.f_bfree <= status.f_blocks && status.f_ffree <= status.f_files;
  append(&call->result, "namelen=%ld bsize=%ld frsize=%ld %s", (long)status.f_namelen, (long)status.f_bsize,
         (long)status.f_frsize, sane ? "sane" : "not sane");
}

/// `ino PATH AS` and `fino HANDLE AS` keep which file it is; `same ONE OTHER` compares.
static void call_ino(struct call *call) {
  struct stat status;
  bool open = strcmp(word(call, 0), "fino") == 0;
  int failed = open ? fstat(descriptor(call, 1), &status)
                    : fstatat(call->directory, word(call, 1), &status, AT_SYMLINK_NOFOLLOW);
  report(call, failed);
  if (failed) return;
  struct kept *made = keep(call, word(call, 2));
  made->device = status.st_dev;
  made->inode = status.st_ino;
}

static void call_same(struct call *call) {
  struct kept *one = find_kept(call, word(call, 1)), *other = find_kept(call, word(call, 2));
  if (!one || !other) return;
  append(&call->result, one->device == other->device && one->inode == other->inode ? "same" : "different");
}

const struct command status_commands[] = {
    {"chmod", 2, 2, call_chmod},
    {"fchmod", 2, 2, call_fchmod},
    {"chown", 3, 3, call_chown},
    {"lchown", 3, 3, call_chown},
    {"fchown", 3, 3, call_fchown},
    {"access", 2, 3, call_access},
    {"stat", 1, 2, call_stat},
    {"lstat", 1, 2, call_stat},
    {"fstat", 1, 2, call_fstat},
    {"statfs", 1, 1, call_statfs},
    {"ino", 2, 2, call_ino},
    {"fino", 2, 2, call_ino},
    {"same", 2, 2, call_same},
    {NULL, 0, 0, NULL},
};
