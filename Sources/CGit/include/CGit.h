// libgit2's object database, and the calls of it that Swift cannot import.

#ifndef PROJFS_CGIT_H
#define PROJFS_CGIT_H

#include <git2/errors.h>
#include <git2/global.h>
#include <git2/odb.h>
#include <git2/odb_backend.h>
#include <git2/oid.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Initialises libgit2 for this process: no object cache (listings and contents are cached above it), pack windows that
/// bound what is mapped at once, and hash verification of every object read only on demand.
/// git_libgit2_opts is variadic, which Swift cannot call. Returns 0 or a libgit2 error code.
int projfs_git_start(bool verify_objects);

/// A handle on the packs below some object directories, without their loose objects: libgit2 before the fix of its issue
/// 7342 never returns from reading a loose object whose file is cut short. Returns 0 or a libgit2 error code.
int projfs_git_open_packs(git_odb **database, const char *const *directories, size_t count);

/// Inflates a zlib stream until `output` is full or the stream ends. Returns how many bytes came, or -1 where the stream
/// is damaged. Swift cannot import zlib, whose initialiser is a macro.
int64_t projfs_inflate_start(const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length);

/// Inflates a zlib stream that has exactly `output_length` bytes. Returns false where it has not, or is damaged.
bool projfs_inflate_exactly(const uint8_t *input, size_t input_length, uint8_t *output, size_t output_length);

/// Inflates whole zlib streams of known length, in half the time that zlib takes. For one thread at a time; NULL where
/// there is no memory.
typedef struct libdeflate_decompressor projfs_inflater;
projfs_inflater *projfs_inflater_new(void);
void projfs_inflater_free(projfs_inflater *inflater);
/// Inflates the stream at the beginning of `input`, behind which may be anything. Returns false where it has not exactly
/// `output_length` bytes, or is damaged.
bool projfs_inflater_run(projfs_inflater *inflater, const uint8_t *input, size_t input_length, uint8_t *output,
                         size_t output_length);

/// The calling thread's last libgit2 message, valid until its next call; never NULL.
const char *projfs_git_message(void);

#endif
