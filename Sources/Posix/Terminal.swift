internal import CLinux
internal import Glibc
package import SystemPackage

/// What a program asks of a terminal.
package enum Terminal {
  /// Whether a descriptor is one.
  package static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

  /// How large it is; nil for what is no terminal, or does not say.
  package static func size(_ descriptor: CInt) -> (columns: Int, rows: Int)? {
    var (columns, rows) = (UInt16(0), UInt16(0))
    guard projfs_terminal_size(descriptor, &columns, &rows) == 0, columns > 0, rows > 0 else { return nil }
    return (Int(columns), Int(rows))
  }
}

/// A terminal that gives each key at once and does not show it (termios(3)), with what it was before. Keys that send signals
/// still do.
package struct TerminalInput {
  private let descriptor: CInt
  private let before: termios

  /// Sets the terminal; nil where it is none. What it is restored to later is what it was before the first time.
  package init?(_ descriptor: CInt, over earlier: TerminalInput? = nil) {
    var now = termios()
    guard tcgetattr(descriptor, &now) == 0 else { return nil }
    self.descriptor = descriptor
    before = earlier?.before ?? now
    now.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(descriptor, TCSADRAIN, &now)
  }

  /// Sets it as it was.
  package func restore() {
    var before = before
    tcsetattr(descriptor, TCSADRAIN, &before)
  }
}

/// Signals that are read from a descriptor instead of interrupting (signalfd(2)).
package struct SignalQueue: ~Copyable {
  private let descriptor: OwnedDescriptor
  private let signals: [CInt]

  /// From now on these signals wait to be read. Call on the main thread before others are started, which inherit that.
  package init(_ signals: [CInt]) throws(Errno) {
    self.signals = signals
    descriptor = OwnedDescriptor(
      rawValue: try FileCalls.retrying { projfs_signal_descriptor(signals, CInt(signals.count)) })
  }

  /// The descriptor, readable while a signal waits.
  package var rawValue: CInt { descriptor.rawValue }

  /// The next signal that waits; nil where none does.
  package borrowing func next() -> CInt? {
    // struct signalfd_siginfo has 128 bytes, and the number first.
    var record = [UInt8](repeating: 0, count: 128)
    guard read(descriptor.rawValue, &record, record.count) == record.count else { return nil }
    return record.withUnsafeBytes { CInt($0.loadUnaligned(as: UInt32.self)) }
  }

  /// Stops the process as Ctrl-Z does; returns when it goes on.
  package borrowing func stop() {
    var stop = sigset_t()
    sigemptyset(&stop)
    sigaddset(&stop, SIGTSTP)
    kill(getpid(), SIGTSTP)
    // Now it comes, and stops the process here.
    pthread_sigmask(SIG_UNBLOCK, &stop, nil)
    pthread_sigmask(SIG_BLOCK, &stop, nil)
  }
}
