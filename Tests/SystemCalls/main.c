/// Runs scripts of system calls, each in a directory and a process of its own, and prints what every call returned.
///
/// usage: SystemCalls [--prepare | --prepared] [--only WORD] DIRECTORY <SCRIPTS
///
/// SCRIPTS consist of a `prelude`, which every scenario begins with, and of `scenario NAME` headings with one call a
/// line below each. Blank lines and lines that begin with `#` say nothing. Scenario number N runs in DIRECTORY/sN:
/// --prepare runs the prelude only, --prepared leaves it out, and the directories have to exist.

#include "Script.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_scenarios = 4096, most_at_once = 6, most_seconds = 30 };

/// A part of the script, its lines ended by NUL, and where the process that runs it prints to.
struct scenario {
  const char *name;
  char **lines;
  int count;
  int number;
  int output;
  pid_t process;
};

static struct scenario prelude, scenarios[most_scenarios];
static int scenario_count;
static bool prepare, prepared;
static const char *only = "";

static char *trimmed(char *line) {
  line += strspn(line, " \t");
  line[strcspn(line, "\n")] = 0;
  return line;
}

/// Splits standard input into scenarios.
static void read_scripts(void) {
  struct scenario *current = NULL;
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) >= 0) {
    char *text = strdup(trimmed(line));
    if (!*text || *text == '#') continue;
    if (strcmp(text, "prelude") == 0) {
      current = &prelude;
    } else if (strncmp(text, "scenario ", 9) == 0) {
      if (scenario_count == most_scenarios) exit(2);
      current = &scenarios[scenario_count];
      *current = (struct scenario){.name = text + 9, .number = scenario_count++, .output = -1};
    } else if (current) {
      current->lines = realloc(current->lines, sizeof *current->lines * (size_t)(current->count + 1));
      if (!current->lines) exit(3);
      current->lines[current->count++] = text;
    }
  }
  free(line);
}

static void print(int output, const char *text) {
  if (write(output, text, strlen(text)) < 0) _exit(3);
}

/// Runs lines and prints what they return; of a prelude, only what fails.
static void run_lines(const struct scenario *script, int output, bool quiet) {
  for (int i = 0; i < script->count; i++) {
    struct text result = {0};
    if (!quiet) print(output, script->lines[i]);
    run_line(script->lines[i], &result);
    if (quiet && strcmp(result.bytes, "ok") == 0) continue;
    if (quiet) print(output, script->lines[i]);
    print(output, " => ");
    print(output, result.bytes);
    print(output, "\n");
    free(result.bytes);
  }
}

/// The body of a scenario's process.
static void run_scenario(const struct scenario *scenario) {
  char directory[16];
  snprintf(scenario_id, 16, "s%04d", scenario->number);
  snprintf(directory, sizeof directory, "s%04d", scenario->number);
  signal(SIGXFSZ, SIG_IGN);
  alarm(most_seconds);
  umask(022);
  if (!prepared && mkdir(directory, 0755) != 0 && errno != EEXIST) print(scenario->output, "? cannot make a directory\n");
  if (chdir(directory) != 0) {
    print(scenario->output, "? cannot enter the directory\n");
    _exit(2);
  }
  if (!prepared) run_lines(&prelude, scenario->output, true);
  if (!prepare) run_lines(scenario, scenario->output, false);
  _exit(0);
}

static void start(struct scenario *scenario) {
  scenario->output = memfd_create("result", MFD_CLOEXEC);
  fflush(stdout);
  scenario->process = fork();
  if (scenario->process == 0) run_scenario(scenario);
  if (scenario->output < 0 || scenario->process < 0) exit(3);
}

/// Waits for one process; says so where it did not end by itself.
static void wait_for_one(void) {
  int status = 0;
  pid_t ended = wait(&status);
  for (int i = 0; i < scenario_count; i++) {
    if (scenarios[i].process != ended || status == 0) continue;
    const char *how = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "itself";
    dprintf(scenarios[i].output, " => killed by %s\n", how);
  }
}

static void copy_output(const struct scenario *scenario) {
  char buffer[65536];
  off_t offset = 0;
  ssize_t count;
  while ((count = pread(scenario->output, buffer, sizeof buffer, offset)) > 0) {
    fwrite(buffer, 1, (size_t)count, stdout);
    offset += count;
  }
  close(scenario->output);
}

int main(int count, char **arguments) {
  int next = 1;
  for (; next < count && strncmp(arguments[next], "--", 2) == 0; next++) {
    if (strcmp(arguments[next], "--prepare") == 0) prepare = true;
    else if (strcmp(arguments[next], "--prepared") == 0) prepared = true;
    else if (strcmp(arguments[next], "--only") == 0 && next + 1 < count) only = arguments[++next];
    else next = count;
  }
  if (next != count - 1 || chdir(arguments[next]) != 0) {
    fputs("usage: SystemCalls [--prepare | --prepared] [--only WORD] DIRECTORY <SCRIPTS\n", stderr);
    return 2;
  }
  read_scripts();
  int running = 0, printed = 0;
  for (int i = 0; i < scenario_count; i++) {
    if (!strstr(scenarios[i].name, only)) continue;
    if (running == most_at_once) wait_for_one(), running--;
    start(&scenarios[i]);
    running++;
    // A scenario's output takes a descriptor: those that are certainly finished are printed on the way.
    if (i - printed < 256) continue;
    while (running) wait_for_one(), running--;
    for (; printed <= i; printed++) {
      if (scenarios[printed].output < 0) continue;
      printf("scenario %s\n", scenarios[printed].name);
      copy_output(&scenarios[printed]);
    }
  }
  while (running) wait_for_one(), running--;
  for (; printed < scenario_count; printed++) {
    if (scenarios[printed].output < 0) continue;
    printf("scenario %s\n", scenarios[printed].name);
    copy_output(&scenarios[printed]);
  }
  return 0;
}
