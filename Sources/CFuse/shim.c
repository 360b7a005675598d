#include "CFuse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

// The kernel's interface (include/uapi/linux/fuse.h), which Debian 12's kernel headers are too old to have in full.
enum {
  OPCODE_INIT = 26,
  INIT_OUT_SIZE = 64,
};
#define INIT_PARALLEL_DIROPS (1u << 18)
#define INIT_HANDLE_KILLPRIV_V2 (1u << 28)
#define INIT_EXT (1u << 30)
#define INIT_FLAGS2_PASSTHROUGH (1u << 5)
#define FOPEN_PASSTHROUGH_BIT (1u << 7)

struct in_header {
  uint32_t len, opcode;
  uint64_t unique, nodeid;
  uint32_t uid, gid, pid;
  uint16_t total_extlen, padding;
};
_Static_assert(sizeof(struct in_header) == 40, "fuse_in_header");

struct out_header {
  uint32_t len;
  int32_t error;
  uint64_t unique;
};
_Static_assert(sizeof(struct out_header) == 16, "fuse_out_header");

struct init_in {
  uint32_t major, minor, max_readahead, flags, flags2;
};

struct init_out {
  uint32_t major, minor, max_readahead, flags;
  uint16_t max_background, congestion_threshold;
  uint32_t max_write, time_gran;
  uint16_t max_pages, map_alignment;
  uint32_t flags2, max_stack_depth;
  uint16_t request_timeout, unused[11];
};
_Static_assert(sizeof(struct init_out) == INIT_OUT_SIZE, "fuse_init_out");

struct open_out {
  uint64_t fh;
  uint32_t open_flags;
  int32_t backing_id;
};
_Static_assert(sizeof(struct open_out) == 16, "fuse_open_out");

struct attr {
  uint64_t ino, size, blocks, atime, mtime, ctime;
  uint32_t atimensec, mtimensec, ctimensec, mode, nlink, uid, gid, rdev, blksize, flags;
};

struct entry_out {
  uint64_t nodeid, generation, entry_valid, attr_valid;
  uint32_t entry_valid_nsec, attr_valid_nsec;
  struct attr attr;
};
_Static_assert(sizeof(struct entry_out) == 128, "fuse_entry_out");

struct backing_map {
  int32_t fd;
  uint32_t flags;
  uint64_t padding;
};
#define BACKING_OPEN _IOW(229, 1, struct backing_map)
#define BACKING_CLOSE _IOW(229, 2, uint32_t)

struct fuse_session *projfs_session_new(int argc, char **argv, const struct fuse_lowlevel_ops *ops,
                                        struct projfs_negotiation *negotiation) {
  struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
  struct fuse_session *session = fuse_session_new(&args, ops, sizeof *ops, negotiation);
  fuse_opt_free_args(&args);
  return session;
}

#if FUSE_USE_VERSION < 317

// libfuse 3.14 knows neither passthrough nor flags2 and forgets PARALLEL_DIROPS, so its INIT reply is completed on the
// way to the kernel. These two run on libfuse's worker threads, which it may cancel inside read: they stay in C.

static ssize_t read_request(int fd, void *buffer, size_t size, void *userdata) {
  struct projfs_negotiation *negotiation = userdata;
  ssize_t length = read(fd, buffer, size);
  const struct in_header *header = buffer;
  if (length < (ssize_t)(sizeof *header + sizeof(struct init_in)) || header->opcode != OPCODE_INIT) return length;
  const struct init_in *init = (const void *)(header + 1);
  negotiation->protocol_major = init->major;
  negotiation->protocol_minor = init->minor;
  negotiation->passthrough_offered = (init->flags & INIT_EXT) && (init->flags2 & INIT_FLAGS2_PASSTHROUGH);
  negotiation->init_unique = header->unique;
  negotiation->killpriv_offered = (init->flags & INIT_HANDLE_KILLPRIV_V2) != 0;
  // Known before the init operation asks for it.
  if (!negotiation->passthrough_offered && !negotiation->needs_opens) negotiation->answers_opens = false;
  return length;
}

static ssize_t write_reply(int fd, struct iovec *iov, int count, void *userdata) {
  struct projfs_negotiation *negotiation = userdata;
  const struct out_header *header = iov[0].iov_base;
  if (negotiation->init_unique != 0 && header->unique == negotiation->init_unique) {
    negotiation->init_unique = 0;
    if (header->error == 0 && count == 2 && iov[1].iov_len == INIT_OUT_SIZE) {
      struct init_out *out = iov[1].iov_base;
      out->flags |= INIT_PARALLEL_DIROPS;
      // Otherwise every write asks for the extended attribute security.capability first.
      if (negotiation->killpriv_offered) out->flags |= INIT_HANDLE_KILLPRIV_V2;
      if (negotiation->want_passthrough && negotiation->passthrough_offered) {
        out->flags |= INIT_EXT;
        out->flags2 |= INIT_FLAGS2_PASSTHROUGH;
        out->max_stack_depth = negotiation->backing_stack_depth;
      }
    }
  }
  return writev(fd, iov, count);
}

int projfs_session_negotiate(struct fuse_session *session) {
  static const struct fuse_custom_io io = {.writev = write_reply, .read = read_request};
  return fuse_session_custom_io(session, &io, fuse_session_fd(session));
}

static void want(struct fuse_conn_info *connection, uint32_t flag, bool wanted) {
  if (wanted && (connection->capable & flag))
    connection->want |= flag;
  else
    connection->want &= ~flag;
}

static void negotiate_passthrough(struct projfs_negotiation *negotiation, struct fuse_conn_info *connection) {
  // Done on the reply itself, see write_reply.
  (void)negotiation;
  (void)connection;
}

int projfs_reply_open(fuse_req_t request, uint64_t handle, uint32_t open_flags, int32_t backing_id) {
  struct open_out out = {.fh = handle, .open_flags = open_flags, .backing_id = backing_id};
  if (backing_id > 0) out.open_flags |= FOPEN_PASSTHROUGH_BIT;
  return fuse_reply_buf(request, (const char *)&out, sizeof out);
}

// The seconds and nanoseconds of a timeout.
static void split(double timeout, uint64_t *seconds, uint32_t *nanoseconds) {
  *seconds = (uint64_t)timeout;
  *nanoseconds = (uint32_t)((timeout - (double)*seconds) * 1e9);
}

int projfs_reply_create(fuse_req_t request, const struct fuse_entry_param *entry, uint64_t handle, uint32_t open_flags,
                        int32_t backing_id) {
  const struct stat *status = &entry->attr;
  struct {
    struct entry_out entry;
    struct open_out open;
  } out = {
      .entry = {.nodeid = entry->ino,
                .generation = entry->generation,
                .attr = {.ino = status->st_ino,
                         .size = (uint64_t)status->st_size,
                         .blocks = (uint64_t)status->st_blocks,
                         .atime = (uint64_t)status->st_atim.tv_sec,
                         .mtime = (uint64_t)status->st_mtim.tv_sec,
                         .ctime = (uint64_t)status->st_ctim.tv_sec,
                         .atimensec = (uint32_t)status->st_atim.tv_nsec,
                         .mtimensec = (uint32_t)status->st_mtim.tv_nsec,
                         .ctimensec = (uint32_t)status->st_ctim.tv_nsec,
                         .mode = status->st_mode,
                         .nlink = (uint32_t)status->st_nlink,
                         .uid = status->st_uid,
                         .gid = status->st_gid,
                         .rdev = (uint32_t)status->st_rdev,
                         .blksize = (uint32_t)status->st_blksize}},
      .open = {.fh = handle, .open_flags = open_flags, .backing_id = backing_id},
  };
  split(entry->entry_timeout, &out.entry.entry_valid, &out.entry.entry_valid_nsec);
  split(entry->attr_timeout, &out.entry.attr_valid, &out.entry.attr_valid_nsec);
  if (backing_id > 0) out.open.open_flags |= FOPEN_PASSTHROUGH_BIT;
  return fuse_reply_buf(request, (const char *)&out, sizeof out);
}

#else

int projfs_session_negotiate(struct fuse_session *session) {
  (void)session;
  return 0;
}

static void want(struct fuse_conn_info *connection, uint32_t flag, bool wanted) {
  if (wanted)
    fuse_set_feature_flag(connection, flag);
  else
    fuse_unset_feature_flag(connection, flag);
}

static void negotiate_passthrough(struct projfs_negotiation *negotiation, struct fuse_conn_info *connection) {
  negotiation->protocol_major = connection->proto_major;
  negotiation->protocol_minor = connection->proto_minor;
  negotiation->passthrough_offered = (connection->capable_ext & FUSE_CAP_PASSTHROUGH) != 0;
  if (!negotiation->passthrough_offered && !negotiation->needs_opens) negotiation->answers_opens = false;
  fuse_set_feature_flag(connection, FUSE_CAP_HANDLE_KILLPRIV_V2);
  if (negotiation->want_passthrough && negotiation->passthrough_offered) {
    fuse_set_feature_flag(connection, FUSE_CAP_PASSTHROUGH);
    // libfuse counts the file systems below a backing file, the kernel counts the FUSE mount itself as well.
    connection->max_backing_stack_depth = negotiation->backing_stack_depth - 1;
  }
}

int projfs_reply_open(fuse_req_t request, uint64_t handle, uint32_t open_flags, int32_t backing_id) {
  struct fuse_file_info info = {.fh = handle, .backing_id = backing_id};
  info.keep_cache = (open_flags & (1u << 1)) != 0;
  info.direct_io = (open_flags & 1u) != 0;
  return fuse_reply_open(request, &info);
}

int projfs_reply_create(fuse_req_t request, const struct fuse_entry_param *entry, uint64_t handle, uint32_t open_flags,
                        int32_t backing_id) {
  struct fuse_file_info info = {.fh = handle, .backing_id = backing_id};
  info.keep_cache = (open_flags & (1u << 1)) != 0;
  return fuse_reply_create(request, entry, &info);
}

#endif

void projfs_init(struct projfs_negotiation *negotiation, struct fuse_conn_info *connection) {
  // The server is the only writer of its tree: what is cached stays right until it says otherwise.
  want(connection, FUSE_CAP_AUTO_INVAL_DATA, false);
  want(connection, FUSE_CAP_CACHE_SYMLINKS, true);
  want(connection, FUSE_CAP_PARALLEL_DIROPS, true);
  want(connection, FUSE_CAP_READDIRPLUS, true);
  want(connection, FUSE_CAP_READDIRPLUS_AUTO, true);
  // Written data would bypass the passthrough file, and the kernel refuses the combination silently.
  want(connection, FUSE_CAP_WRITEBACK_CACHE, false);
  // Without these, a dozen readers of files that are being fetched hold up everybody else.
  connection->max_background = 256;
  connection->congestion_threshold = 192;
  connection->time_gran = 1;
  negotiate_passthrough(negotiation, connection);
  want(connection, FUSE_CAP_ATOMIC_O_TRUNC, negotiation->answers_opens);
  // The second version, which is asked for elsewhere, takes its place.
  want(connection, FUSE_CAP_HANDLE_KILLPRIV, false);
}

int32_t projfs_backing_open(int fuse_fd, int fd) {
  struct backing_map map = {.fd = fd};
  int id = ioctl(fuse_fd, BACKING_OPEN, &map);
  return id < 0 ? -errno : id;
}

int projfs_backing_close(int fuse_fd, int32_t backing_id) {
  uint32_t id = (uint32_t)backing_id;
  return ioctl(fuse_fd, BACKING_CLOSE, &id) < 0 ? -errno : 0;
}

static void (*log_sink)(int level, const char *message);

static void format_log(enum fuse_log_level level, const char *format, va_list arguments) {
  char line[512];
  int length = vsnprintf(line, sizeof line, format, arguments);
  if (length <= 0) return;
  line[strcspn(line, "\n")] = '\0';
  log_sink((int)level, line);
}

void projfs_set_log_sink(void (*sink)(int level, const char *message)) {
  log_sink = sink;
  fuse_set_log_func(format_log);
}
