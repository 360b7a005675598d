#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { buffer_size = 256 << 10 };

struct projfs_archive {
  struct archive *archive;
  struct archive_entry *entry;
  enum projfs_archive_format format;
  projfs_archive_read read;
  void *context;
  int64_t start, position, length;
  uint8_t buffer[buffer_size];
};

// libarchive converts names to the thread's locale. In "C" the names of a tar are their bytes, for conversions from UTF-8
// fail and the bytes are kept; in a UTF-8 locale it would compose characters. In a zip a failed conversion leaves no name.
static locale_t plain, unicode;
static pthread_once_t locales_made = PTHREAD_ONCE_INIT;

static void make_locales(void) {
  plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static locale_t enter(const struct projfs_archive *self) {
  locale_t wanted = self->format >= projfs_archive_zip && unicode ? unicode : plain;
  return wanted ? uselocale(wanted) : (locale_t)0;
}

static void leave(locale_t before) {
  if (before) uselocale(before);
}

static la_ssize_t read_input(struct archive *archive, void *data, const void **block) {
  struct projfs_archive *self = data;
  int64_t count = self->read(self->context, self->buffer, buffer_size, self->start + self->position);
  if (count < 0) {
    archive_set_error(archive, EIO, "the input cannot be read");
    return ARCHIVE_FATAL;
  }
  self->position += count;
  *block = self->buffer;
  return count;
}

static la_int64_t skip_input(struct archive *archive, void *data, la_int64_t count) {
  (void)archive;
  struct projfs_archive *self = data;
  // Nobody has looked at what is skipped: a size that leads out of the input, or of 64 bits, ends it.
  int64_t most = (self->length >= 0 ? self->length - self->start : INT64_MAX / 2) - self->position;
  if (count > most) count = most > 0 ? most : 0;
  self->position += count;
  return count;
}

static la_int64_t seek_input(struct archive *archive, void *data, la_int64_t offset, int whence) {
  struct projfs_archive *self = data;
  int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self->position : self->length - self->start;
  int64_t target;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) {
    archive_set_error(archive, EINVAL, "an offset leads out of the file");
    return ARCHIVE_FATAL;
  }
  self->position = target;
  return target;
}

static void choose(struct archive *archive, enum projfs_archive_format format) {
  switch (format) {
  case projfs_archive_compressed:
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_compress(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_filter_lzip(archive);
    archive_read_support_filter_lzma(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_format_raw(archive);
    // The raw format refuses a file of no bytes.
    archive_read_support_format_empty(archive);
    break;
  case projfs_archive_stream:
    archive_read_support_format_tar(archive);
    archive_read_support_format_cpio(archive);
    archive_read_support_format_empty(archive);
    break;
  case projfs_archive_zip: archive_read_support_format_zip_seekable(archive); break;
  case projfs_archive_zip_member: archive_read_support_format_zip_streamable(archive); break;
  }
}

struct projfs_archive *projfs_archive_open(enum projfs_archive_format format, projfs_archive_read read, void *context,
                                           int64_t start, int64_t length) {
  pthread_once(&locales_made, make_locales);
  struct projfs_archive *self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->archive = archive_read_new();
  self->entry = self->archive ? archive_entry_new2(self->archive) : NULL;
  if (!self->entry) {
    projfs_archive_close(self);
    return NULL;
  }
  self->format = format;
  self->read = read;
  self->context = context;
  self->start = start;
  self->length = length;
  choose(self->archive, format);
  if (format == projfs_archive_zip) archive_read_set_seek_callback(self->archive, seek_input);
  locale_t before = enter(self);
  // A failure shows at the first header.
  archive_read_open2(self->archive, self, NULL, read_input, skip_input, NULL);
  leave(before);
  return self;
}

void projfs_archive_close(struct projfs_archive *self) {
  if (self->entry) archive_entry_free(self->entry);
  if (self->archive) archive_read_free(self->archive);
  free(self);
}

enum projfs_archive_result projfs_archive_next(struct projfs_archive *self, struct projfs_archive_member *member) {
  locale_t before = enter(self);
  int result = archive_read_next_header2(self->archive, self->entry);
  // A warning is about a name, whose bytes are there all the same, or about times and owners.
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
    struct archive_entry *entry = self->entry;
    member->path = archive_entry_pathname(entry);
    member->hard_link = archive_entry_hardlink(entry);
    member->symbolic_link = archive_entry_symlink(entry);
    member->size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
    member->header_offset = self->start + archive_read_header_position(self->archive);
    member->data_offset = self->start + archive_filter_bytes(self->archive, 0);
    member->mode = (uint32_t)archive_entry_mode(entry);
    member->is_encrypted = archive_entry_is_encrypted(entry) > 0;
    member->is_sparse = archive_entry_sparse_count(entry) > 0;
  }
  leave(before);
  if (result == ARCHIVE_EOF) return projfs_archive_end;
  return result == ARCHIVE_OK || result == ARCHIVE_WARN ? projfs_archive_ok : projfs_archive_failed;
}

enum projfs_archive_result projfs_archive_data(struct projfs_archive *self, const void **block, size_t *count,
                                               int64_t *offset) {
  locale_t before = enter(self);
  la_int64_t place = 0;
  int result = archive_read_data_block(self->archive, block, count, &place);
  leave(before);
  *offset = place;
  if (result == ARCHIVE_EOF) return projfs_archive_end;
  // Some formats only warn of a wrong checksum.
  return result == ARCHIVE_OK ? projfs_archive_ok : projfs_archive_failed;
}

const char *projfs_archive_message(struct projfs_archive *self) {
  const char *message = archive_error_string(self->archive);
  return message ? message : "libarchive gives no reason";
}

bool projfs_archive_is_unknown(struct projfs_archive *self) {
  // EILSEQ is what libarchive calls a wrong format.
  return archive_errno(self->archive) == EILSEQ && archive_format(self->archive) == 0;
}

// The type that zlib's calls take is an alias of a pointer; this gives it a name of our own.
struct projfs_gzip *projfs_gzip_open(int fd) {
  gzFile file = gzdopen(fd, "r");
  if (!file) {
    close(fd);
    return NULL;
  }
  gzbuffer(file, buffer_size);
  return (struct projfs_gzip *)file;
}

void projfs_gzip_close(struct projfs_gzip *file) { gzclose_r((gzFile)file); }

int64_t projfs_gzip_read(struct projfs_gzip *file, uint8_t *buffer, size_t count) {
  int read = gzread((gzFile)file, buffer, count > INT_MAX ? INT_MAX : (unsigned)count);
  int error = Z_OK;
  gzerror((gzFile)file, &error);
  // An end in the middle is told only by this code. What is no gzip at all zlib would pass on as it is.
  return read < 0 || error != Z_OK || gzdirect((gzFile)file) ? -1 : read;
}

uint32_t projfs_crc32(uint32_t before, const void *bytes, size_t count) {
  return (uint32_t)crc32_z(before, bytes, count);
}
