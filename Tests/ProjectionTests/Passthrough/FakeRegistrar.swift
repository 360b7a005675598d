import Glibc
import Projection
import Synchronization
import SystemPackage
import Testing

/// A kernel that takes backing files, or not, and knows which it has.
final class FakeRegistrar: BackingRegistrar {
  private struct State {
    var registered: Set<BackingID> = []
    var registrations = 0
    var refuses = false
    var interlude: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// The backing files that the kernel has.
  var registered: Set<BackingID> { state.withLock { $0.registered } }
  /// How many it was given so far.
  var registrations: Int { state.withLock { $0.registrations } }
  /// Whether it refuses all.
  var refuses: Bool {
    get { state.withLock { $0.refuses } }
    set { state.withLock { $0.refuses = newValue } }
  }

  /// Has `body` run in the middle of the next registration, before the kernel has the file.
  func interrupt(with body: @escaping @Sendable () -> Void) {
    state.withLock { $0.interlude = body }
  }

  func register(_ descriptor: CInt) throws(Errno) -> BackingID {
    guard fcntl(descriptor, F_GETFD) >= 0 else { throw .badFileDescriptor }
    let interlude = state.withLock { $0.interlude.take() }
    interlude?()
    let id: BackingID? = state.withLock { state in
      guard !state.refuses else { return nil }
      state.registrations += 1
      let id = BackingID(rawValue: CInt(state.registrations))
      state.registered.insert(id)
      return id
    }
    guard let id else { throw .notPermitted }
    return id
  }

  func unregister(_ id: BackingID) {
    let wasThere = state.withLock { $0.registered.remove(id) != nil }
    #expect(wasThere, "a backing file is let go once")
  }
}
