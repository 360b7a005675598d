/// What the files of this program share: one line of a script as a call, what it left open, and words for numbers.

#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/// Text that grows.
struct text {
  char *bytes;
  size_t length;
};

void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void append_bytes(struct text *text, const char *bytes, size_t length);
/// Appends bytes readably: a run of more than eight equal ones as `{x*N}`, what is not printable as `%XX`.
void append_readably(struct text *text, const char *bytes, size_t length);
/// Appends words in order, with a comma between.
void append_sorted(struct text *text, char **words, size_t count);

/// What a script keeps under a name: an open file, a directory stream with what it has shown, a mapping, a process, …
struct kept {
  char *name;
  int descriptor;
  DIR *stream;
  struct text seen;
  char *memory;
  size_t length;
  pid_t process;
  long position;
  dev_t device;
  ino_t inode;
};

/// One line of a script: its words, and what it prints.
struct call {
  int count;
  struct text words[32];
  /// The name after `->`, or NULL.
  const char *into;
  /// What relative paths start at: `AT_FDCWD`, or what the prefix `at` said; `target` is for a second path.
  int directory, target;
  /// What it prints. A result that begins with `?` means that the script itself is wrong.
  struct text result;
};

/// A call that scripts can make.
struct command {
  const char *name;
  int fewest, most;
  void (*run)(struct call *);
};

extern const struct command attribute_commands[], directory_commands[], file_commands[], identity_commands[],
    lock_commands[], memory_commands[], name_commands[], peer_commands[], position_commands[], process_commands[],
    status_commands[], time_commands[];

/// What scripts can refer to as `@id`: the same number of characters for every scenario.
extern char scenario_id[];

/// Runs one line, without its line feed, and leaves in `result` what it prints.
void run_line(const char *line, struct text *result);

/// A word of the call (0 is the call's name). Missing ones are empty.
const char *word(struct call *call, int index);
size_t word_length(struct call *call, int index);
bool has_word(struct call *call, int index);
/// A number: decimal, octal with a leading 0; K and M multiply.
long long number(struct call *call, int index);

/// Prints `ok` or the name of the error for what a system call returned.
void report(struct call *call, long long returned);
/// Prints the number, or the name of the error.
void report_number(struct call *call, long long returned);
/// Prints that the script is wrong.
void mistake(struct call *call, const char *what);

/// What is kept under a name; NULL after a mistake is reported.
struct kept *find_kept(struct call *call, const char *name);
/// The descriptor kept under the name that a word gives; -1 after a mistake is reported.
int descriptor(struct call *call, int index);
/// A new thing to keep under `call->into`, or under `name` where that is given.
struct kept *keep(struct call *call, const char *name);
/// Keeps an open descriptor as `call->into`, or closes it; prints `ok` or the error.
void keep_descriptor(struct call *call, int opened);

/// A word that stands for bits.
struct bit {
  const char *name;
  long long value;
};

/// The bits that a list of words with commas between names. `-` and nothing are no bits.
long long bits(struct call *call, int index, const struct bit *known);

/// Puts the limit that `limit` has set in force, or takes it back: results are written to a file, too.
void limit_files(bool on);

/// A buffer of `size` bytes, aligned for O_DIRECT. The program ends soon: nobody frees it.
char *aligned(size_t size);
