#include "CGit.h"

#include <git2/common.h>
#include <libdeflate.h>
#include <limits.h>
#include <zlib.h>

// In which pieces pack files are mapped, and how much of them at once. Trees lie all over a pack: with less room than it has,
// every other object costs a window mapped, faulted in and unmapped again, 50 us where reading it takes 5. This is address
// space; the pages are the page cache's, which takes them back when it needs them.
static const size_t window_size = sizeof(void *) > 4 ? (size_t)256 << 20 : (size_t)16 << 20;
static const size_t mapped_limit = sizeof(void *) > 4 ? (size_t)1 << 40 : (size_t)256 << 20;
static const size_t file_limit = 48;

int projfs_git_start(bool verify_objects) {
  int result = git_libgit2_init();
  if (result < 0) return result;
  git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, window_size);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, mapped_limit);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, file_limit);
  git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, verify_objects ? 1 : 0);
  return 0;
}

const char *projfs_git_message(void) {
  const git_error *error = git_error_last();
  return error != NULL && error->message != NULL ? error->message : "unknown libgit2 failure";
}

int projfs_git_open_packs(git_odb **database, const char *const *directories, size_t count) {
  git_odb *opened = NULL;
  int result = git_odb_new(&opened);
  for (size_t index = 0; result == 0 && index < count; index++) {
    git_odb_backend *packs = NULL;
    result = git_odb_backend_pack(&packs, directories[index]);
    // The database owns the backend from here on. The first directory is asked first.
    if (result == 0) result = git_odb_add_backend(opened, packs, (int)(count - index));
  }
  if (result == 0)
    *database = opened;
  else
    git_odb_free(opened);
  return result;
}

// Runs inflate over the whole input in pieces that zlib's counters can hold. Returns zlib's last code.
static int run(z_stream *stream, const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length) {
  int code = Z_OK;
  stream->next_in = (Bytef *)(uintptr_t)input;
  stream->next_out = output;
  while (code == Z_OK) {
    size_t taken = (size_t)(stream->next_in - input), made = (size_t)(stream->next_out - output);
    size_t in_left = input_length - taken, out_left = output_length - made;
    stream->avail_in = in_left > UINT_MAX ? UINT_MAX : (uInt)in_left;
    stream->avail_out = out_left > UINT_MAX ? UINT_MAX : (uInt)out_left;
    // With no room and no end in sight, or no input left, zlib answers Z_BUF_ERROR: the loop ends in any case.
    code = inflate(stream, Z_NO_FLUSH);
  }
  return code;
}

int64_t projfs_inflate_start(const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length) {
  z_stream stream = {0};
  if (inflateInit(&stream) != Z_OK) return -1;
  int code = run(&stream, input, input_length, output, output_length);
  int64_t made = stream.next_out - output;
  inflateEnd(&stream);
  return code == Z_STREAM_END || code == Z_BUF_ERROR ? made : -1;
}

bool projfs_inflate_exactly(const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length) {
  z_stream stream = {0};
  if (inflateInit(&stream) != Z_OK) return false;
  int code = run(&stream, input, input_length, output, output_length);
  bool is_whole = code == Z_STREAM_END && (size_t)(stream.next_out - output) == output_length;
  inflateEnd(&stream);
  return is_whole;
}

projfs_inflater *projfs_inflater_new(void) { return libdeflate_alloc_decompressor(); }

void projfs_inflater_free(projfs_inflater *inflater) { libdeflate_free_decompressor(inflater); }

bool projfs_inflater_run(projfs_inflater *inflater, const uint8_t *input, size_t input_length, uint8_t *output,
                         size_t output_length) {
  size_t taken = 0, made = 0;
  return libdeflate_zlib_decompress_ex(inflater, input, input_length, output, output_length, &taken, &made) ==
             LIBDEFLATE_SUCCESS &&
         made == output_length;
}
