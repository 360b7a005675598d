// What this project needs of libarchive and zlib.

#ifndef PROJFS_CARCHIVE_H
#define PROJFS_CARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Reads up to `count` bytes at `offset`; returns how many, 0 at the end, or -1.
typedef int64_t (*projfs_archive_read)(void *context, uint8_t *buffer, size_t count, int64_t offset);

/// An open archive. Used by one thread at a time.
struct projfs_archive;

/// What an archive is read as. Nothing else that libarchive knows is tried.
enum projfs_archive_format {
  /// A compressed file, whose only member is what it is decompressed to.
  projfs_archive_compressed,
  /// tar or cpio, not compressed.
  projfs_archive_stream,
  /// zip, with the directory at its end.
  projfs_archive_zip,
  /// One member of a zip archive, from its local header on.
  projfs_archive_zip_member,
};

/// One member. The pointers are valid until the next call for the archive.
struct projfs_archive_member {
  /// NULL where the name is in no charset that libarchive can convert.
  const char *_Nullable path;
  const char *_Nullable hard_link;
  const char *_Nullable symbolic_link;
  /// -1 where the header does not say.
  int64_t size;
  /// The offsets of the header and of what follows it.
  int64_t header_offset;
  int64_t data_offset;
  uint32_t mode;
  bool is_encrypted;
  bool is_sparse;
};

/// How a call ended.
enum projfs_archive_result {
  projfs_archive_ok,
  /// No more members, or no more data.
  projfs_archive_end,
  projfs_archive_failed,
};

/// libarchive's open callbacks, locale and filters are set here, so that no C structure of it meets Swift. Offsets count from
/// `start`; `length` is that of the whole input, or -1 where it is unknown. NULL without memory; otherwise the archive is to
/// be closed, whatever the result of its calls.
struct projfs_archive *_Nullable projfs_archive_open(enum projfs_archive_format format, projfs_archive_read read,
                                                     void *context, int64_t start, int64_t length);
void projfs_archive_close(struct projfs_archive *archive);

/// The next member's header.
enum projfs_archive_result projfs_archive_next(struct projfs_archive *archive, struct projfs_archive_member *member);

/// The next data of the member, `offset` bytes behind its beginning. What lies between two blocks is zeros.
enum projfs_archive_result projfs_archive_data(struct projfs_archive *archive, const void *_Nullable *_Nonnull block,
                                               size_t *count, int64_t *offset);

/// What went wrong; never NULL, valid until the next call.
const char *projfs_archive_message(struct projfs_archive *archive);

/// Whether an archive with a damaged or unknown beginning was no archive at all, as far as libarchive can say.
bool projfs_archive_is_unknown(struct projfs_archive *archive);

/// A gzip file, read by zlib: libarchive does not compare its checksums. NULL without memory.
struct projfs_gzip;
/// Takes the descriptor, whatever the result.
struct projfs_gzip *_Nullable projfs_gzip_open(int fd);
void projfs_gzip_close(struct projfs_gzip *file);
/// Decompresses up to `count` bytes; returns how many, 0 at the end, or -1 where the file is damaged or ends too early.
int64_t projfs_gzip_read(struct projfs_gzip *file, uint8_t *buffer, size_t count);

/// zlib's CRC-32.
uint32_t projfs_crc32(uint32_t before, const void *bytes, size_t count);

#pragma clang assume_nonnull end

#endif
