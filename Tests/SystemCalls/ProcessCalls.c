/// Who calls, other processes that call, and programs.

#include "Script.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/// `user UID [GID [GROUP,GROUP…]]`: becomes somebody; `root` returns.
static void call_user(struct call *call) {
  uid_t user = 0;
  gid_t group = 0, groups[16];
  size_t count = 0;
  if (setresuid(0, 0, 0) != 0) return report(call, -1);
  if (strcmp(word(call, 0), "user") == 0) {
    user = (uid_t)number(call, 1);
    group = has_word(call, 2) ? (gid_t)number(call, 2) : user;
    for (const char *next = word(call, 3); *next && count < 16; next += strcspn(next, ","), next += *next == ',') {
      groups[count++] = (gid_t)atoi(next);
    }
  }
  // The saved user id stays root's: it is how the script comes back, and file systems do not look at it.
  report(call, setgroups(count, groups) || setresgid(group, group, group) || setresuid(user, user, 0) ? -1 : 0);
}

static void call_umask(struct call *call) {
  umask((mode_t)number(call, 1));
  report(call, 0);
}

const struct command identity_commands[] = {
    {"user", 1, 3, call_user},
    {"root", 0, 0, call_user},
    {"umask", 1, 1, call_umask},
    {NULL, 0, 0, NULL},
};

static int peer_socket = -1;
static pid_t peer_process;

/// The other process: makes the calls it is sent, one at a time.
static void serve_peer(int socket) {
  char line[4096];
  ssize_t length;
  while ((length = recv(socket, line, sizeof line - 1, 0)) > 0) {
    struct text result = {0};
    line[length] = 0;
    run_line(line, &result);
    if (send(socket, result.bytes, result.length + 1, 0) < 0) break;
    free(result.bytes);
  }
  _exit(0);
}

static void start_peer(struct call *call) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return mistake(call, "no socket");
  peer_process = fork();
  if (peer_process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    serve_peer(ends[1]);
  }
  close(ends[1]);
  peer_socket = ends[0];
}

static void send_to_peer(struct call *call) {
  if (peer_socket < 0) start_peer(call);
  struct text line = {0};
  for (int i = 1; i < call->count; i++) append(&line, i > 1 ? " %s" : "%s", word(call, i));
  if (call->into) append(&line, " -> %s", call->into);
  if (send(peer_socket, line.bytes, line.length, 0) < 0) mistake(call, "the other process is gone");
  free(line.bytes);
}

static void hear_from_peer(struct call *call) {
  static char answer[1 << 16];
  ssize_t length = recv(peer_socket, answer, sizeof answer, 0);
  if (length <= 0) return mistake(call, "the other process is gone");
  append_bytes(&call->result, answer, (size_t)length - 1);
}

/// `peer CALL…`: makes a call in another process, which has what was open when it was first spoken to.
static void call_peer(struct call *call) {
  send_to_peer(call);
  if (!call->result.length) hear_from_peer(call);
}

/// `start CALL…` does not wait for it; `join` does.
static void call_start(struct call *call) {
  send_to_peer(call);
  if (!call->result.length) report(call, 0);
}

static void call_join(struct call *call) { hear_from_peer(call); }

/// Whether the call that was started is still going on, after some time.
static void call_waiting(struct call *call) {
  char byte;
  usleep(20000);
  append(&call->result, recv(peer_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 ? "waiting" : "done");
}

static void call_end_peer(struct call *call) {
  close(peer_socket);
  peer_socket = -1;
  report(call, waitpid(peer_process, NULL, 0));
}

const struct command peer_commands[] = {
    {"peer", 1, 30, call_peer},       {"start", 1, 30, call_start},       {"join", 0, 0, call_join},
    {"waiting", 0, 0, call_waiting}, {"end-peer", 0, 0, call_end_peer}, {NULL, 0, 0, NULL},
};

/// Starts a program; returns its process id, or -1 with what execve said.
static pid_t start_program(struct call *call, int first) {
  int report_pipe[2], error = 0;
  if (pipe2(report_pipe, O_CLOEXEC) != 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char *arguments[33] = {0};
    for (int i = first; i < call->count; i++) arguments[i - first] = call->words[i].bytes;
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    dup2(null, STDOUT_FILENO);
    execve(arguments[0], arguments, (char *[]){NULL});
    error = errno;
    _exit(write(report_pipe[1], &error, sizeof error) < 0);
  }
  close(report_pipe[1]);
  bool failed = read(report_pipe[0], &error, sizeof error) == sizeof error;
  close(report_pipe[0]);
  if (!failed) return child;
  waitpid(child, NULL, 0);
  errno = error;
  return -1;
}

/// `exec PATH ARGUMENT…`: runs a program to its end.
static void call_exec(struct call *call) {
  int status = 0;
  pid_t child = start_program(call, 1);
  if (child < 0) return report(call, -1);
  waitpid(child, &status, 0);
  append(&call->result, WIFEXITED(status) ? "exit %d" : "signal %d", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/// Waits until a process sleeps, for a second at most.
static void wait_for_sleep(pid_t process) {
  char path[32], status[256];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
  for (int attempt = 0; attempt < 500; attempt++) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, status, sizeof status - 1);
    close(file);
    if (length <= 0) return;
    status[length] = 0;
    if (strstr(status, ") S ")) return;
    usleep(2000);
  }
}

/// `spawn PATH ARGUMENT… -> PROCESS` leaves it running once it sleeps; `kill PROCESS` ends it.
static void call_spawn(struct call *call) {
  pid_t child = start_program(call, 1);
  if (child > 0) wait_for_sleep(child);
  report(call, child);
  if (child > 0) keep(call, NULL)->process = child;
}

static void call_kill(struct call *call) {
  struct kept *found = find_kept(call, word(call, 1));
  if (!found) return;
  int failed = kill(found->process, SIGKILL);
  waitpid(found->process, NULL, 0);
  report(call, failed);
}

const struct command process_commands[] = {
    {"exec", 1, 10, call_exec},
    {"spawn", 1, 10, call_spawn},
    {"kill", 1, 1, call_kill},
    {NULL, 0, 0, NULL},
};
