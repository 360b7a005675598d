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
/// RESOLVE_NO_XDEV, from the same header.
extern const uint64_t projfs_resolve_same_mount;

/// O_TMPFILE is a macro made of other macros, which the importer drops.
extern const int32_t projfs_o_tmpfile;

/// Extensions that need _GNU_SOURCE, which Swift's C library module is built without.
int projfs_pipe(int32_t *ends);
extern const int16_t projfs_spawn_new_session;
/// Closes all descriptors from `first` on in the new process: 0, or an error number. Since glibc 2.34. `actions` are
/// posix_spawn's: were its header included here, its types would be this module's.
int projfs_spawn_close_from(void *actions, int first);
int projfs_accept(int listener);
/// The user at the other end of a Unix socket: 0, or -1 with errno set.
int projfs_peer_user(int connection, uint32_t *user);

/// pidfd_open(2), which has no wrapper in glibc before 2.36: a descriptor that is readable when the process has ended,
/// closed on exec, or -1 with errno set. Since Linux 5.3.
int projfs_open_process(int process);

/// The W* macros of wait(2) are function-like, which the importer drops.
/// The exit code of a wait status, or 128 + the signal that ended the process, as shells count.
int projfs_exit_code(int wait_status);

/// Whether a file lies on a file system that is itself stacked (overlayfs, FUSE): 1, 0, or -1 with errno set.
/// fstatfs is missing from Swift's C library module.
int projfs_is_stacked(int fd);

/// flock(2) exclusively, waiting or not; in Swift the structure of the same name hides the function.
int projfs_lock(int fd, bool wait);

/// Takes a write lease on an open file, which the kernel gives to its only user: 0, or -1 with errno set, EAGAIN where
/// somebody else has the file open (a process, a mapping, a file system that serves it). Nobody can open the file before
/// the descriptor is closed. The signal for those who would wait is one that does nothing. fcntl(2) needs _GNU_SOURCE here.
int projfs_take_lease(int fd);

/// futimens(2), or for an entry utimensat(2), of the time of access alone: to the present. UTIME_NOW is a macro that the
/// importer drops.
int projfs_note_access(int fd);
int projfs_note_access_at(int directory, const char *path);

/// What statx(2) says of an entry, or with an empty name of an open file; statx needs _GNU_SOURCE.
struct projfs_file_facts {
  uint64_t inode;
  uint64_t device;
  uint64_t size;
  /// Nanoseconds since 1970, wrapped where 64 bits do not hold them; `born` is 0 where the file system does not say.
  uint64_t modified;
  uint64_t changed;
  uint64_t born;
  uint32_t mode;
  uint32_t links;
  bool is_mount_root;
};
/// Returns 0, or -1 with errno set. Starts no automatic mount and follows no symbolic link.
int projfs_file_facts(int directory, const char *name, struct projfs_file_facts *facts);

/// The file system's own number (f_fsid), which outlives a restart of the machine where a device number may not; 0 where it
/// has none. fstatfs is missing from Swift's C library module. Returns 0, or -1 with errno set.
int projfs_file_system_id(int fd, uint64_t *id);

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

/// renameat2(2) with RENAME_* flags; an extension that needs _GNU_SOURCE.
int projfs_rename(int old_directory, const char *old_name, int new_directory, const char *new_name, uint32_t flags);
extern const uint32_t projfs_rename_noreplace;
extern const uint32_t projfs_rename_exchange;
extern const uint32_t projfs_rename_whiteout;

/// Changes the permission bits of an entry and never follows a symbolic link: fchmodat2(2) since Linux 6.6, and before
/// it by way of /proc. With an empty name the file of `directory`, which may be an O_PATH descriptor.
int projfs_change_mode(int directory, const char *name, uint32_t mode);

/// AT_EMPTY_PATH, which needs _GNU_SOURCE.
extern const int32_t projfs_at_empty_path;

/// O_PATH and O_NOATIME need _GNU_SOURCE.
extern const int32_t projfs_o_path;
extern const int32_t projfs_o_noatime;

/// Makes a whiteout: the character device 0:0, as overlayfs uses it. Needs no privilege since Linux 5.8.
int projfs_make_whiteout(int directory, const char *name);

/// The path of an entry of an open directory, or with an empty name of an open file itself, by way of /proc: for the
/// calls that have no *at form. Returns false where it does not fit.
bool projfs_entry_path(char *buffer, size_t size, int directory, const char *name);

/// The l*xattr calls, from a header Swift has no module for.
long projfs_get_xattr(const char *path, const char *name, void *_Nullable value, size_t size);
long projfs_list_xattr(const char *path, char *_Nullable names, size_t size);
int projfs_set_xattr(const char *path, const char *name, const void *_Nullable value, size_t size, int flags);
int projfs_remove_xattr(const char *path, const char *name);
/// The f*xattr calls.
int projfs_set_open_xattr(int fd, const char *name, const void *_Nullable value, size_t size);
int projfs_remove_open_xattr(int fd, const char *name);

/// Sets FS_TOPDIR_FL, by an ioctl whose number is a macro: 0, or -1 with errno set. The owner may.
int projfs_spread_directories(int directory);

/// fallocate(2), with FALLOC_FL_* modes.
int projfs_allocate(int fd, int mode, int64_t offset, int64_t length);

/// sync_file_range(2) of a whole file: starts writing, and waits for its end.
int projfs_write_back(int fd);

/// lseek(2) for SEEK_DATA and SEEK_HOLE.
int64_t projfs_seek_data(int fd, int64_t offset);
int64_t projfs_seek_hole(int fd, int64_t offset);

/// copy_file_range(2).
long projfs_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, size_t count);

/// The FICLONE ioctl: shares the blocks of `from` with `to`, on file systems that can.
int projfs_clone_file(int from, int to);

/// strerrorname_np(3), which needs _GNU_SOURCE: an error's name, or NULL.
const char *_Nullable projfs_error_name(int error);

/// ioctl(2) is variadic: the size of a terminal. Returns 0, or -1 with errno set.
int projfs_terminal_size(int fd, uint16_t *columns, uint16_t *rows);

/// signalfd(2), from a header Swift has no module for: blocks these signals for the calling thread and returns a descriptor,
/// closed on exec and never waiting, from which they are read, or -1 with errno set.
int projfs_signal_descriptor(const int *signals, int count);

#pragma clang assume_nonnull end

#endif
