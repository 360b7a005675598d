internal import CFuse
internal import Projection
internal import Synchronization
internal import SystemPackage

/// Registers backing files with the kernel, through the session's /dev/fuse descriptor.
final class KernelBackingIDs: BackingRegistrar {
  // Both are set before the first request and read ever after.
  private let descriptor = Atomic<CInt>(-1)
  private let offered = Atomic<Bool>(false)

  /// Whether the kernel's INIT offered passthrough.
  var isOffered: Bool { offered.load(ordering: .acquiring) }

  /// Names the session's descriptor, once it is mounted.
  func attach(to fuseDescriptor: CInt) {
    descriptor.store(fuseDescriptor, ordering: .releasing)
  }

  /// Notes what INIT brought.
  func setOffered(_ isOffered: Bool) {
    offered.store(isOffered, ordering: .releasing)
  }

  func register(_ file: CInt) throws(Errno) -> BackingID {
    let id = projfs_backing_open(descriptor.load(ordering: .acquiring), file)
    guard id > 0 else { throw Errno(rawValue: -id) }
    return BackingID(rawValue: id)
  }

  func unregister(_ id: BackingID) {
    // Fails only for an id that is gone with its session.
    _ = projfs_backing_close(descriptor.load(ordering: .acquiring), id.rawValue)
  }
}
