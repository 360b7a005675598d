#include "CGit.h"

#include <git2/common.h>

// What may be mapped of pack files at once, and in which pieces: enough to read in pack order without remapping,
// little enough not to look like a leak in a tool that shows resident memory.
static const size_t window_size = (size_t)1 << 20;
static const size_t mapped_limit = (size_t)16 << 20;
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
