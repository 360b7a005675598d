#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

const uint64_t projfs_resolve_beneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
const int32_t projfs_o_tmpfile = O_TMPFILE;

int projfs_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int projfs_pipe(int32_t *ends) { return pipe2(ends, O_CLOEXEC); }
const int16_t projfs_spawn_new_session = POSIX_SPAWN_SETSID;

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

void projfs_limit_malloc_arenas(int count) { mallopt(M_ARENA_MAX, count); }
void projfs_trim_heap(void) { malloc_trim(0); }
void projfs_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
void projfs_follow_parent_death(int signal_number) { prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0); }
