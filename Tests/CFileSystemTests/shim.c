#include "CFileSystemTests.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>
#include <unistd.h>

const uint32_t fstest_rename_noreplace = RENAME_NOREPLACE;
const uint32_t fstest_rename_exchange = RENAME_EXCHANGE;

int fstest_rename(const char *from, const char *to, uint32_t flags) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
}

const int32_t fstest_falloc_keep_size = FALLOC_FL_KEEP_SIZE;
const int32_t fstest_falloc_punch_hole = FALLOC_FL_PUNCH_HOLE;
const int32_t fstest_falloc_zero_range = FALLOC_FL_ZERO_RANGE;

int fstest_fallocate(int fd, int mode, off_t offset, off_t length) { return fallocate(fd, mode, offset, length); }

ssize_t fstest_copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t count) {
  return copy_file_range(from, from_offset, to, to_offset, count, 0);
}

off_t fstest_seek_data(int fd, off_t offset) { return lseek(fd, offset, SEEK_DATA); }
off_t fstest_seek_hole(int fd, off_t offset) { return lseek(fd, offset, SEEK_HOLE); }

int fstest_memory_file(void) { return memfd_create("file-system-test", MFD_CLOEXEC); }

const int32_t fstest_xattr_create = XATTR_CREATE;
const int32_t fstest_xattr_replace = XATTR_REPLACE;

int fstest_setxattr(int fd, const char *path, int follow, const char *name, const void *value, size_t size, int rule) {
  if (fd >= 0) return fsetxattr(fd, name, value, size, rule);
  return follow ? setxattr(path, name, value, size, rule) : lsetxattr(path, name, value, size, rule);
}

int fstest_removexattr(int fd, const char *path, int follow, const char *name) {
  if (fd >= 0) return fremovexattr(fd, name);
  return follow ? removexattr(path, name) : lremovexattr(path, name);
}

ssize_t fstest_getxattr(int fd, const char *path, int follow, const char *name, void *value, size_t size) {
  if (fd >= 0) return fgetxattr(fd, name, value, size);
  return follow ? getxattr(path, name, value, size) : lgetxattr(path, name, value, size);
}

ssize_t fstest_listxattr(int fd, const char *path, int follow, char *list, size_t size) {
  if (fd >= 0) return flistxattr(fd, list, size);
  return follow ? listxattr(path, list, size) : llistxattr(path, list, size);
}

int fstest_identity(int fd, const char *path, int follow, uint64_t *identity) {
  struct {
    struct file_handle handle;
    unsigned char bytes[MAX_HANDLE_SZ];
  } buffer;
  int mount;
  buffer.handle.handle_bytes = MAX_HANDLE_SZ;
  int result;
  if (fd >= 0) {
    result = name_to_handle_at(fd, "", &buffer.handle, &mount, AT_EMPTY_PATH);
  } else {
    result = name_to_handle_at(AT_FDCWD, path, &buffer.handle, &mount, follow ? AT_SYMLINK_FOLLOW : 0);
  }
  if (result != 0) return -1;
  // FNV-1a.
  uint64_t hash = 14695981039346656037u;
  for (unsigned i = 0; i < buffer.handle.handle_bytes; i++) {
    hash = (hash ^ buffer.handle.f_handle[i]) * 1099511628211u;
  }
  *identity = hash;
  return 0;
}
