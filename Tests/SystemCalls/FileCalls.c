/// Calls on open files: what is read and written.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

static const struct bit open_flags[] = {
    {"O_RDONLY", O_RDONLY}, {"O_WRONLY", O_WRONLY},       {"O_RDWR", O_RDWR},         {"O_CREAT", O_CREAT},
    {"O_EXCL", O_EXCL},     {"O_TRUNC", O_TRUNC},         {"O_APPEND", O_APPEND},     {"O_NONBLOCK", O_NONBLOCK},
    {"O_SYNC", O_SYNC},     {"O_DSYNC", O_DSYNC},         {"O_DIRECT", O_DIRECT},     {"O_DIRECTORY", O_DIRECTORY},
    {"O_PATH", O_PATH},     {"O_NOFOLLOW", O_NOFOLLOW},   {"O_NOATIME", O_NOATIME},   {"O_TMPFILE", O_TMPFILE},
    {NULL, 0},
};

static void call_open(struct call *call) {
  int flags = (int)bits(call, 2, open_flags);
  mode_t mode = has_word(call, 3) ? (mode_t)number(call, 3) : 0644;
  keep_descriptor(call, openat(call->directory, word(call, 1), flags | O_CLOEXEC, mode));
}

static void call_creat(struct call *call) { keep_descriptor(call, creat(word(call, 1), (mode_t)number(call, 2))); }

static void call_close(struct call *call) {
  struct kept *file = find_kept(call, word(call, 1));
  if (!file) return;
  report(call, file->stream ? closedir(file->stream) : close(file->descriptor));
  file->descriptor = -1;
  file->stream = NULL;
}

static void call_dup(struct call *call) { keep_descriptor(call, dup(descriptor(call, 1))); }

/// Descriptor flags that fcntl can change, by name.
static void call_getfl(struct call *call) {
  int flags = fcntl(descriptor(call, 1), F_GETFL);
  if (flags < 0) return report(call, flags);
  append(&call->result, "%s", (const char *[]){"r", "w", "rw", "-"}[flags & O_ACCMODE]);
  if (flags & O_APPEND) append(&call->result, ",append");
  if (flags & O_NONBLOCK) append(&call->result, ",nonblock");
  if (flags & O_DIRECT) append(&call->result, ",direct");
}

static void call_setfl(struct call *call) {
  report(call, fcntl(descriptor(call, 1), F_SETFL, (int)bits(call, 2, open_flags)));
}

static void print_data(struct call *call, const char *bytes, ssize_t count) {
  report_number(call, count);
  if (count <= 0) return;
  append(&call->result, " ");
  append_readably(&call->result, bytes, (size_t)count);
}

static void call_read(struct call *call) {
  size_t size = (size_t)number(call, 2);
  char *buffer = aligned(size);
  print_data(call, buffer, read(descriptor(call, 1), buffer, size));
}

static void call_pread(struct call *call) {
  size_t size = (size_t)number(call, 2);
  char *buffer = aligned(size);
  print_data(call, buffer, pread(descriptor(call, 1), buffer, size, number(call, 3)));
}

/// The words from `first` on, one after the other, as bytes to write.
static char *data(struct call *call, int first, size_t *length) {
  struct text all = {0};
  for (int i = first; i < call->count; i++) append_bytes(&all, word(call, i), word_length(call, i));
  char *buffer = aligned(all.length);
  if (all.length) memcpy(buffer, all.bytes, all.length);
  *length = all.length;
  free(all.bytes);
  return buffer;
}

static void call_write(struct call *call) {
  size_t length;
  char *bytes = data(call, 2, &length);
  report_number(call, write(descriptor(call, 1), bytes, length));
}

static void call_pwrite(struct call *call) {
  size_t length;
  char *bytes = data(call, 3, &length);
  report_number(call, pwrite(descriptor(call, 1), bytes, length, number(call, 2)));
}

/// pwritev2 with RWF_APPEND (or none) at an offset.
static void call_pwritev2(struct call *call) {
  static const struct bit flags[] = {{"APPEND", RWF_APPEND}, {"DSYNC", RWF_DSYNC}, {"SYNC", RWF_SYNC}, {NULL, 0}};
  size_t length;
  char *bytes = data(call, 4, &length);
  struct iovec parts = {.iov_base = bytes, .iov_len = length};
  report_number(call, pwritev2(descriptor(call, 1), &parts, 1, number(call, 2), (int)bits(call, 3, flags)));
}

/// write(2) of bytes that are not there.
static void call_write_fault(struct call *call) {
  report_number(call, write(descriptor(call, 1), (void *)1, (size_t)number(call, 2)));
}

/// Makes a file as an editor does: `put PATH MODE DATA…`. The mode is set after umask.
static void call_put(struct call *call) {
  size_t length;
  char *bytes = data(call, 3, &length);
  mode_t mode = (mode_t)number(call, 2);
  int file = openat(call->directory, word(call, 1), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 0777);
  int failed = file < 0 || write(file, bytes, length) != (ssize_t)length || fchmod(file, mode) != 0 ? -1 : 0;
  report(call, failed);
  if (file >= 0) close(file);
}

/// Copies a file from anywhere, as a new one.
static void call_install(struct call *call) {
  char *buffer = aligned(1 << 20);
  int source = open(word(call, 1), O_RDONLY | O_CLOEXEC);
  int target = open(word(call, 2), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)number(call, 3));
  ssize_t count = -1;
  while (source >= 0 && target >= 0 && (count = read(source, buffer, 1 << 20)) > 0) {
    if (write(target, buffer, (size_t)count) != count) break;
  }
  report(call, count == 0 ? 0 : -1);
  if (source >= 0) close(source);
  if (target >= 0) close(target);
  free(buffer);
}

/// The whole content of a file, opened for this.
static void call_cat(struct call *call) {
  char *buffer = aligned(4 << 20);
  int file = openat(call->directory, word(call, 1), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  print_data(call, buffer, file < 0 ? -1 : read(file, buffer, 4 << 20));
  if (file >= 0) close(file);
}

static void call_copy_file_range(struct call *call) {
  loff_t from = number(call, 2), to = number(call, 4);
  int source = descriptor(call, 1), target = descriptor(call, 3);
  report_number(call, copy_file_range(source, &from, target, &to, (size_t)number(call, 5), 0));
}

static void call_sendfile(struct call *call) {
  off_t from = number(call, 3);
  report_number(call, sendfile(descriptor(call, 1), descriptor(call, 2), &from, (size_t)number(call, 4)));
}

static void call_fsync(struct call *call) { report(call, fsync(descriptor(call, 1))); }
static void call_fdatasync(struct call *call) { report(call, fdatasync(descriptor(call, 1))); }
static void call_syncfs(struct call *call) { report(call, syncfs(descriptor(call, 1))); }

/// Names a file without a name: `linkfd HANDLE PATH`.
static void call_linkfd(struct call *call) {
  char source[64];
  snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor(call, 1));
  report(call, linkat(AT_FDCWD, source, call->directory, word(call, 2), AT_SYMLINK_FOLLOW));
}

const struct command file_commands[] = {
    {"open", 2, 3, call_open},
    {"creat", 2, 2, call_creat},
    {"close", 1, 1, call_close},
    {"dup", 1, 1, call_dup},
    {"getfl", 1, 1, call_getfl},
    {"setfl", 2, 2, call_setfl},
    {"read", 2, 2, call_read},
    {"pread", 3, 3, call_pread},
    {"write", 1, 20, call_write},
    {"pwrite", 2, 20, call_pwrite},
    {"pwritev2", 3, 20, call_pwritev2},
    {"write-fault", 2, 2, call_write_fault},
    {"put", 2, 20, call_put},
    {"install", 3, 3, call_install},
    {"cat", 1, 1, call_cat},
    {"copy_file_range", 5, 5, call_copy_file_range},
    {"sendfile", 4, 4, call_sendfile},
    {"fsync", 1, 1, call_fsync},
    {"fdatasync", 1, 1, call_fdatasync},
    {"syncfs", 1, 1, call_syncfs},
    {"linkfd", 2, 2, call_linkfd},
    {NULL, 0, 0, NULL},
};
