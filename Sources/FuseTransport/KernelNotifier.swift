internal import CFuse
internal import Dispatch
internal import Projection

/// Tells the kernel to look at something again.
///
/// The kernel may wait for locks that a request holds, so this happens on a queue of its own, with no lock held and
/// never on the thread of a request.
final class KernelNotifier: Sendable {
  // SAFETY of @unchecked: libfuse lets any thread notify.
  private struct Session: @unchecked Sendable {
    let raw: OpaquePointer
  }

  private let session: Session
  private let queue = DispatchQueue(label: "projfs notifications")

  init(_ session: OpaquePointer) {
    self.session = Session(raw: session)
  }

  /// Has the kernel forget what it knows of a name.
  func invalidateEntry(_ name: [UInt8], in directory: NodeID) {
    queue.async { [session] in
      _ = name.withUnsafeBytes { name in
        // Fails where the kernel knows nothing of it.
        fuse_lowlevel_notify_inval_entry(
          session.raw, directory.rawValue, name.baseAddress?.assumingMemoryBound(to: CChar.self), name.count)
      }
    }
  }

  /// Has the kernel forget the attributes of a node, and what it has kept of a directory's listing.
  func invalidateNode(_ node: NodeID) {
    queue.async { [session] in
      // Attributes alone: what was read stays right.
      fuse_lowlevel_notify_inval_inode(session.raw, node.rawValue, -1, 0)
    }
  }

  /// Has the kernel forget what it has read of a file. That waits for who is reading it.
  func invalidateContents(_ node: NodeID) {
    queue.async { [session] in
      fuse_lowlevel_notify_inval_inode(session.raw, node.rawValue, 0, 0)
    }
  }

  /// Waits until everything asked for so far is done. Not with a lock held, and not on a request's thread.
  func finish() {
    queue.sync {}
  }
}
