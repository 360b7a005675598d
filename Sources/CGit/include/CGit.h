// libgit2's object database, and the calls of it that Swift cannot import.

#ifndef PROJFS_CGIT_H
#define PROJFS_CGIT_H

#include <git2/errors.h>
#include <git2/global.h>
#include <git2/odb.h>
#include <git2/oid.h>
#include <stdbool.h>

/// Initialises libgit2 for this process: no object cache (listings and contents are cached above it), pack windows that
/// bound what is mapped at once, and hash verification of every object read only on demand.
/// git_libgit2_opts is variadic, which Swift cannot call. Returns 0 or a libgit2 error code.
int projfs_git_start(bool verify_objects);

/// The calling thread's last libgit2 message, valid until its next call; never NULL.
const char *projfs_git_message(void);

#endif
