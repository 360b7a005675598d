import Glibc
import Posix
import Projection
import Synchronization
import SystemPackage

/// A kernel that opens backing files for itself, so that a test can read and write them as the kernel does.
final class ReopeningRegistrar: BackingRegistrar {
  private struct State {
    var files: [BackingID: OpenFile] = [:]
    var last: CInt = 0
    var refuses = false
  }

  private let state = Mutex(State())

  /// The backing files that it has.
  var registered: Set<BackingID> { state.withLock { Set($0.files.keys) } }
  /// Whether it refuses all.
  var refuses: Bool {
    get { state.withLock { $0.refuses } }
    set { state.withLock { $0.refuses = newValue } }
  }

  /// The kernel's own file.
  func file(_ id: BackingID) -> OpenFile? { state.withLock { $0.files[id] } }

  func register(_ descriptor: CInt) throws(Errno) -> BackingID {
    if refuses { throw .notPermitted }
    let file = OpenFile(try FileCalls.open("/proc/self/fd/\(descriptor)", O_RDWR).release())
    return state.withLock { state in
      state.last += 1
      let id = BackingID(rawValue: state.last)
      state.files[id] = file
      return id
    }
  }

  func unregister(_ id: BackingID) {
    _ = state.withLock { $0.files.removeValue(forKey: id) }
  }
}
