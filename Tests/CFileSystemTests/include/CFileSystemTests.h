// System calls that only the file system tests make, and that Swift's C library module leaves out.

#ifndef PROJFS_CFILESYSTEMTESTS_H
#define PROJFS_CFILESYSTEMTESTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

// All of them return -1 with errno set where they fail.

/// renameat2(2) with paths that are absolute; `flags` is one of the constants below, or 0.
int fstest_rename(const char *from, const char *to, uint32_t flags);
extern const uint32_t fstest_rename_noreplace;
extern const uint32_t fstest_rename_exchange;

/// fallocate(2); `mode` is made of the constants below.
int fstest_fallocate(int fd, int mode, off_t offset, off_t length);
extern const int32_t fstest_falloc_keep_size;
extern const int32_t fstest_falloc_punch_hole;
extern const int32_t fstest_falloc_zero_range;

/// copy_file_range(2) with both offsets given, and moved.
ssize_t fstest_copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t count);

/// lseek(2) with SEEK_DATA or SEEK_HOLE.
off_t fstest_seek_data(int fd, off_t offset);
off_t fstest_seek_hole(int fd, off_t offset);

/// memfd_create(2), closed on exec.
int fstest_memory_file(void);

/// Extended attributes of the file behind a descriptor, or of a path (`fd` is -1), following links or not.
int fstest_setxattr(int fd, const char *path, int follow, const char *name, const void *value, size_t size, int rule);
int fstest_removexattr(int fd, const char *path, int follow, const char *name);
ssize_t fstest_getxattr(int fd, const char *path, int follow, const char *name, void *value, size_t size);
ssize_t fstest_listxattr(int fd, const char *path, int follow, char *list, size_t size);
extern const int32_t fstest_xattr_create;
extern const int32_t fstest_xattr_replace;

/// A number that no other file of this file system has, has had, or will have: what name_to_handle_at(2) gives, hashed.
/// `fd` is -1, or the descriptor to look at instead of the path.
int fstest_identity(int fd, const char *path, int follow, uint64_t *identity);

#pragma clang assume_nonnull end

#endif
