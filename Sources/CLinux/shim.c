#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

const uint64_t projfs_resolve_same_mount = RESOLVE_NO_XDEV;
const uint64_t projfs_resolve_beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
const int32_t projfs_o_tmpfile = O_TMPFILE;

int projfs_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int projfs_pipe(int32_t *ends) { return pipe2(ends, O_CLOEXEC); }
const int16_t projfs_spawn_new_session = POSIX_SPAWN_SETSID;

int projfs_spawn_close_from(void *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
int projfs_open_process(int process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int projfs_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int projfs_peer_user(int connection, uint32_t *user) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  *user = peer.uid;
  return 0;
}

int projfs_exit_code(int wait_status) {
  if (WIFEXITED(wait_status)) return WEXITSTATUS(wait_status);
  return 128 + WTERMSIG(wait_status);
}

int projfs_is_stacked(int fd) {
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return -1;
  return status.f_type == OVERLAYFS_SUPER_MAGIC || status.f_type == FUSE_SUPER_MAGIC;
}

int projfs_lock(int fd, bool wait) { return flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)); }

uint32_t projfs_major(uint64_t device) { return major(device); }
uint32_t projfs_minor(uint64_t device) { return minor(device); }

static uint64_t nanoseconds(struct statx_timestamp time) {
  return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

int projfs_file_facts(int directory, const char *name, struct projfs_file_facts *facts) {
  struct statx status;
  int flags = AT_NO_AUTOMOUNT | (*name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH);
  if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return -1;
  facts->inode = status.stx_ino;
  facts->device = makedev(status.stx_dev_major, status.stx_dev_minor);
  facts->size = status.stx_size;
  facts->modified = nanoseconds(status.stx_mtime);
  facts->changed = nanoseconds(status.stx_ctime);
  facts->born = status.stx_mask & STATX_BTIME ? nanoseconds(status.stx_btime) : 0;
  facts->mode = status.stx_mode;
  facts->links = status.stx_nlink;
  facts->is_mount_root = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  return 0;
}

int projfs_file_system_id(int fd, uint64_t *id) {
  struct statfs status;
  if (fstatfs(fd, &status) != 0) return -1;
  *id = (uint64_t)(uint32_t)status.f_fsid.__val[0] << 32 | (uint32_t)status.f_fsid.__val[1];
  return 0;
}

void projfs_limit_malloc_arenas(int count) { mallopt(M_ARENA_MAX, count); }
void projfs_trim_heap(void) { malloc_trim(0); }
void projfs_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
void projfs_follow_parent_death(int signal_number) { prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0); }

int projfs_rename(int old_directory, const char *old_name, int new_directory, const char *new_name, uint32_t flags) {
  return renameat2(old_directory, old_name, new_directory, new_name, flags);
}
const uint32_t projfs_rename_noreplace = RENAME_NOREPLACE;
const uint32_t projfs_rename_exchange = RENAME_EXCHANGE;
const uint32_t projfs_rename_whiteout = RENAME_WHITEOUT;
const int32_t projfs_at_empty_path = AT_EMPTY_PATH;
const int32_t projfs_o_path = O_PATH;
const int32_t projfs_o_noatime = O_NOATIME;

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

int projfs_change_mode(int directory, const char *name, uint32_t mode) {
  int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
  if (syscall(SYS_fchmodat2, directory, name, mode, flags) == 0) return 0;
  if (errno != ENOSYS) return -1;
  char path[64];
  if (!*name) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
    return chmod(path, mode);
  }
  int entry = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (entry < 0) return -1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", entry);
  int result = chmod(path, mode);
  int failure = errno;
  close(entry);
  errno = failure;
  return result;
}

int projfs_make_whiteout(int directory, const char *name) {
  return mknodat(directory, name, S_IFCHR, makedev(0, 0));
}

bool projfs_entry_path(char *buffer, size_t size, int directory, const char *name) {
  int length = snprintf(buffer, size, *name ? "/proc/self/fd/%d/%s" : "/proc/self/fd/%d", directory, name);
  return length > 0 && (size_t)length < size;
}

// An open file itself is reached through a magic link, which has to be followed; an entry must not be.
static bool is_open_file(const char *path) { return path[0] == '/' && !strchr(path + sizeof "/proc/self/fd/" - 1, '/'); }

long projfs_get_xattr(const char *path, const char *name, void *value, size_t size) {
  return is_open_file(path) ? getxattr(path, name, value, size) : lgetxattr(path, name, value, size);
}
long projfs_list_xattr(const char *path, char *names, size_t size) {
  return is_open_file(path) ? listxattr(path, names, size) : llistxattr(path, names, size);
}
int projfs_set_xattr(const char *path, const char *name, const void *value, size_t size, int flags) {
  return is_open_file(path) ? setxattr(path, name, value, size, flags) : lsetxattr(path, name, value, size, flags);
}
int projfs_remove_xattr(const char *path, const char *name) {
  return is_open_file(path) ? removexattr(path, name) : lremovexattr(path, name);
}
int projfs_set_open_xattr(int fd, const char *name, const void *value, size_t size) {
  return fsetxattr(fd, name, value, size, 0);
}
int projfs_remove_open_xattr(int fd, const char *name) { return fremovexattr(fd, name); }

int projfs_spread_directories(int directory) {
  int flags;
  if (ioctl(directory, FS_IOC_GETFLAGS, &flags) != 0) return -1;
  if (flags & FS_TOPDIR_FL) return 0;
  flags |= FS_TOPDIR_FL;
  return ioctl(directory, FS_IOC_SETFLAGS, &flags);
}

int projfs_allocate(int fd, int mode, int64_t offset, int64_t length) { return fallocate(fd, mode, offset, length); }
int projfs_write_back(int fd) {
  return sync_file_range(fd, 0, 0,
                         SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}
int64_t projfs_seek_data(int fd, int64_t offset) { return lseek(fd, offset, SEEK_DATA); }
int64_t projfs_seek_hole(int fd, int64_t offset) { return lseek(fd, offset, SEEK_HOLE); }
long projfs_copy_range(int from, int64_t from_offset, int to, int64_t to_offset, size_t count) {
  return copy_file_range(from, &from_offset, to, &to_offset, count, 0);
}
int projfs_clone_file(int from, int to) { return ioctl(to, FICLONE, from); }

int projfs_terminal_size(int fd, uint16_t *columns, uint16_t *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

int projfs_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

const char *projfs_error_name(int error) { return strerrorname_np(error); }

int projfs_take_lease(int fd) { return fcntl(fd, F_SETSIG, SIGURG) ? -1 : fcntl(fd, F_SETLEASE, F_WRLCK); }

static const struct timespec accessed_now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
int projfs_note_access(int fd) { return futimens(fd, accessed_now); }
int projfs_note_access_at(int directory, const char *path) {
  return utimensat(directory, path, accessed_now, AT_SYMLINK_NOFOLLOW);
}
