internal import Posix
internal import Synchronization
internal import SystemPackage

/// The right of one fetch to write into a file, which can be taken away from it at any time.
///
/// A provider that was told to stop may go on writing; what it writes then must not reach pieces that another fetch brings.
final class PieceWriter: Sendable {
  private struct State {
    var file: HeldFile?
    var isWriting = false
    var whenQuiet: [Callback] = []
  }

  /// A closure that stands in a generic type as it is would be wrapped once more each time it is read.
  private struct Callback {
    let call: @Sendable () -> Void
  }

  // A leaf lock, not held while the disk is waited for.
  private let state: Mutex<State>

  /// The right to write into `file`.
  init(_ file: HeldFile) {
    state = Mutex(State(file: file))
  }

  /// Writes bytes at an offset. Throws `canceled` where the right was taken away.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(Errno) {
    let file = state.withLock { state in
      state.isWriting = state.file != nil
      return state.file
    }
    guard let file else { throw .canceled }
    defer {
      let whenQuiet = state.withLock { state in
        state.isWriting = false
        defer { state.whenQuiet = [] }
        return state.whenQuiet
      }
      for callback in whenQuiet { callback.call() }
    }
    try DataCalls.write(file.descriptor.rawValue, bytes, at: offset)
  }

  /// Takes the right away. `whenQuiet` is called once nothing is being written any more: now, or by who is writing.
  func revoke(_ whenQuiet: @escaping @Sendable () -> Void) {
    let isQuiet = state.withLock { state in
      state.file = nil
      if state.isWriting { state.whenQuiet.append(Callback(call: whenQuiet)) }
      return !state.isWriting
    }
    if isQuiet { whenQuiet() }
  }
}
