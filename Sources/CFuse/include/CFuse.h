// libfuse's low-level interface, plus what this project needs and the installed libfuse lacks.

#ifndef PROJFS_CFUSE_H
#define PROJFS_CFUSE_H

#include <libfuse_config.h>

// The newest interface of the libfuse at hand, but not older than the one Debian 12 has.
#if FUSE_MINOR_VERSION >= 17
#define FUSE_USE_VERSION 317
#else
#define FUSE_USE_VERSION 312
#endif

#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is asked of the kernel at INIT, and what came of it. It is the session's userdata (libfuse hands it to the
/// callbacks that see raw traffic, too) and must outlive the session. The second half is written once, before the first
/// request after INIT is delivered.
struct projfs_negotiation {
  /// The owner's, for the request handlers: fuse_req_userdata gives the negotiation, and this the owner.
  void *context;
  bool want_passthrough;
  /// Whether every open will be answered: then the kernel leaves emptying a file to OPEN. Opens that are refused once
  /// and for all could not do it.
  bool answers_opens;
  /// Whether they are to be answered even where there is no passthrough.
  bool needs_opens;
  /// How many stacked file systems may lie below a backing file: 1, or 2 where the content lies on overlayfs or FUSE.
  uint32_t backing_stack_depth;

  bool passthrough_offered;
  uint32_t protocol_major;
  uint32_t protocol_minor;

  /// Private to the shim: the id of the INIT request whose reply is rewritten, and what it offered.
  uint64_t init_unique;
  bool killpriv_offered;
};

/// fuse_session_new is a function before libfuse 3.17 and a macro since; delete when 3.17 is the oldest supported one.
struct fuse_session *projfs_session_new(int argc, char **argv, const struct fuse_lowlevel_ops *ops,
                                        struct projfs_negotiation *negotiation);

/// Lets the shim see the session's traffic, after fuse_session_mount. Below libfuse 3.17, which cannot ask for
/// passthrough, it rewrites the INIT reply; from 3.17 on it does nothing. Returns 0 or a negative errno.
int projfs_session_negotiate(struct fuse_session *session);

/// To be called by the init operation: asks libfuse for what it can negotiate by itself.
void projfs_init(struct projfs_negotiation *negotiation, struct fuse_conn_info *connection);

/// Replies to OPEN. A backing id above 0 makes the open a passthrough one; open_flags are the kernel's FOPEN bits.
/// Returns 0, or -ENOENT when the caller has gone (no RELEASE will come).
int projfs_reply_open(fuse_req_t request, uint64_t handle, uint32_t open_flags, int32_t backing_id);

/// Replies to CREATE, with the new entry and an open as projfs_reply_open has it.
int projfs_reply_create(fuse_req_t request, const struct fuse_entry_param *entry, uint64_t handle, uint32_t open_flags,
                        int32_t backing_id);

/// FUSE_DEV_IOC_BACKING_OPEN: an id for the file that fd refers to, or a negative errno. The kernel keeps its own
/// reference; fd may be closed at once. ioctl is variadic, which Swift cannot call.
int32_t projfs_backing_open(int fuse_fd, int fd);

/// FUSE_DEV_IOC_BACKING_CLOSE. Returns 0 or a negative errno.
int projfs_backing_close(int fuse_fd, int32_t backing_id);

/// Takes over libfuse's messages, which otherwise go to stderr, and hands them to sink one line at a time.
void projfs_set_log_sink(void (*sink)(int level, const char *message));

#endif
