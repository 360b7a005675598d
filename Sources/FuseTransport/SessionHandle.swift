internal import CFuse
internal import Glibc

/// libfuse's session and what it points to. Destroyed when nobody needs it any more: not its owner, no request whose
/// answer is still to come, and nobody who tells the kernel of something.
// SAFETY of @unchecked: libfuse's session may be used from any thread; the negotiation is written by the thread that
// serves INIT, before `FuseSession.ready` returns, and read afterwards.
final class SessionHandle: @unchecked Sendable {
  let raw: OpaquePointer
  let negotiation: UnsafeMutablePointer<projfs_negotiation>

  /// Owns both.
  init(_ raw: OpaquePointer, _ negotiation: UnsafeMutablePointer<projfs_negotiation>) {
    self.raw = raw
    self.negotiation = negotiation
  }

  deinit {
    fuse_session_destroy(raw)
    negotiation.deallocate()
  }
}
