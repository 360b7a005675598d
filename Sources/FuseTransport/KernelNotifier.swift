internal import CFuse
internal import Dispatch
internal import Glibc
internal import Projection
internal import Synchronization
internal import SystemPackage

/// Tells the kernel to look at something again.
///
/// The kernel may wait for locks that a request holds, so this happens on a queue of its own, with no lock held and
/// never on the thread of a request.
final class KernelNotifier: Sendable {
  private let session: SessionHandle
  private let queue = DispatchQueue(label: "projfs notifications")
  private let isStopped = Atomic<Bool>(false)

  init(_ session: SessionHandle) {
    self.session = session
  }

  /// Tells nothing any more, and waits for what is being told. Before the connection is closed, whose descriptor's number
  /// somebody else may get then.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    queue.sync {}
  }

  /// Tells the kernel something on the queue, unless the connection is closed.
  private func tell(_ body: @escaping @Sendable (OpaquePointer) -> Void) {
    queue.async { [self] in
      if !isStopped.load(ordering: .acquiring) { body(session.raw) }
    }
  }

  /// Has the kernel forget what it knows of a name.
  func invalidateEntry(_ name: [UInt8], in directory: NodeID) {
    tell { session in
      _ = name.withUnsafeBytes { name in
        // Fails where the kernel knows nothing of it.
        fuse_lowlevel_notify_inval_entry(
          session, directory.rawValue, name.baseAddress?.assumingMemoryBound(to: CChar.self), name.count)
      }
    }
  }

  /// Has the kernel forget the attributes of a node. What it has kept of a directory's listing goes where the directory's
  /// time is another.
  func invalidateNode(_ node: NodeID) {
    tell { session in
      // Attributes alone: what was read stays right.
      fuse_lowlevel_notify_inval_inode(session, node.rawValue, -1, 0)
    }
  }

  /// Has the kernel forget what it has read of a file, or listed of a directory. That waits for who is reading it.
  func invalidateContents(_ node: NodeID) {
    tell { session in
      fuse_lowlevel_notify_inval_inode(session, node.rawValue, 0, 0)
    }
  }

  /// Has the kernel look every name up again when it is used next. Waits until it was told.
  func forgetNames() throws(Errno) {
    let outcome = queue.sync { [self] () -> Result<Void, Errno> in
      if isStopped.load(ordering: .acquiring) { return .failure(.socketNotConnected) }
      // struct fuse_out_header: its length, FUSE_NOTIFY_INC_EPOCH in the place of an error, and no request's number.
      // libfuse knows it from 3.18 on.
      var header: (UInt32, Int32, UInt64) = (16, 8, 0)
      let count = withUnsafeBytes(of: &header) { write(fuse_session_fd(session.raw), $0.baseAddress, $0.count) }
      return count < 0 ? .failure(Errno(rawValue: errno)) : .success(())
    }
    try outcome.get()
  }

  /// Waits until everything asked for so far is done. Not with a lock held, and not on a request's thread.
  func finish() {
    queue.sync {}
  }
}
