// System calls and macros that Swift cannot import from the C library.

#ifndef PROJFS_CLINUX_H
#define PROJFS_CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// openat2(2) has no wrapper in glibc before 2.41; delete when that is the oldest supported one.
/// Returns a descriptor, or -1 with errno set.
int projfs_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, from a header Swift has no module for.
extern const uint64_t projfs_resolve_beneath;

/// O_TMPFILE is a macro made of other macros, which the importer drops.
extern const int32_t projfs_o_tmpfile;

/// Extensions that need _GNU_SOURCE, which Swift's C library module is built without.
int projfs_pipe(int32_t *ends);
extern const int16_t projfs_spawn_new_session;
int projfs_accept(int listener);
/// The user at the other end of a Unix socket: 0, or -1 with errno set.
int projfs_peer_user(int connection, uint32_t *user);

/// The W* macros of wait(2) are function-like, which the importer drops.
/// The exit code of a wait status, or 128 + the signal that ended the process, as shells count.
int projfs_exit_code(int wait_status);

/// Whether a file lies on a file system that is itself stacked (overlayfs, FUSE): 1, 0, or -1 with errno set.
/// fstatfs is missing from Swift's C library module.
int projfs_is_stacked(int fd);

/// flock(2) exclusively, waiting or not; in Swift the structure of the same name hides the function.
int projfs_lock(int fd, bool wait);

/// The device number's halves, for /proc/self/mountinfo; macros in glibc.
uint32_t projfs_major(uint64_t device);
uint32_t projfs_minor(uint64_t device);

/// mallopt(3) and malloc_trim(3), absent from Swift's C library module.
void projfs_limit_malloc_arenas(int count);
void projfs_trim_heap(void);

/// prctl(2) is variadic: names the calling thread (at most 15 bytes).
void projfs_name_thread(const char *name);

/// prctl(2): the calling process is signalled when the thread that made it ends.
void projfs_follow_parent_death(int signal_number);

#pragma clang assume_nonnull end

#endif
