internal import Glibc
internal import Posix

/// The signals that end a view, taken by a thread of their own so that they can be handled in ordinary code.
enum SignalThread {
  private static var endings: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    return set
  }

  /// Blocks the signals for the calling thread and all it starts. Call before there are others.
  static func block() {
    var set = endings
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A command that went away, or a log on a closed pipe, is no reason to end.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Calls `end` for the first of them; the second ends the process on the spot.
  static func start(_ end: @escaping @Sendable () -> Void) {
    Threads.start("signals") {
      var set = endings
      var received: CInt = 0
      sigwait(&set, &received)
      end()
      sigwait(&set, &received)
      _exit(128 + received)
    }
  }
}
