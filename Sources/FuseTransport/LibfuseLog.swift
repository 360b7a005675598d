internal import CFuse
internal import Glibc
internal import Logging
internal import Synchronization

/// What libfuse says, which is all it gives as the reason of a failure.
enum LibfuseLog {
  private struct State {
    var logger: Logger?
    var lastLine: String?
  }

  private static let state = Mutex(State())

  /// The last line that libfuse said, without its own name.
  static var lastLine: String? { state.withLock { $0.lastLine } }

  /// Takes libfuse's messages over, for this process.
  static func start(_ logger: Logger) {
    state.withLock { state in
      state.logger = logger
      state.lastLine = nil
    }
    projfs_set_log_sink { level, message in
      guard let message else { return }
      let line = String(cString: message)
      let text = line.hasPrefix("fuse: ") ? String(line.dropFirst("fuse: ".count)) : line
      let logger = LibfuseLog.state.withLock { state in
        state.lastLine = text
        return state.logger
      }
      // syslog(3) levels: 3 is an error, 4 a warning.
      logger?.log(level: level <= LOG_ERR ? .error : level <= LOG_WARNING ? .warning : .debug, "libfuse: \(text)")
    }
  }
}
