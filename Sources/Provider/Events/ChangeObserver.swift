public import SystemPackage

/// Somebody who is asked before users change something in a view, and told after.
///
/// Which operations, and where, the watches of its options say. What holds between the question and the operation, and
/// what each event means, is in docs/Events.md.
///
/// **Calls.** `will` may be called concurrently, from any thread, on behalf of any number of operations. No lock is held
/// meanwhile; only the operation waits that is asked about. `did` and `missed` are called one after the other, on one task.
/// All of them may block for as long as a local disk takes; anything longer is to be awaited. None may use the view
/// through its mountpoint: the kernel keeps the directory of the operation locked until it is answered.
public protocol ChangeObserver: Sendable {
  /// Asks whether an operation may be performed: return to allow it, or throw a `Veto`.
  ///
  /// Anything else that is thrown fails the operation with EIO. The task is cancelled when nobody wants the answer any
  /// more: the caller has gone, or the deadline has passed.
  func will(_ operation: PendingOperation) async throws

  /// Tells of an operation that took effect. In the order in which they did.
  func did(_ operation: CompletedOperation) async

  /// Tells that so many events were lost at this point of the order, because too many were waiting.
  func missed(_ count: Int) async
}

extension ChangeObserver {
  /// Allows everything.
  public func will(_ operation: PendingOperation) async throws {}

  /// Does nothing.
  public func did(_ operation: CompletedOperation) async {}
}

/// What an observer throws to forbid an operation.
public struct Veto: Error, Sendable, Hashable {
  /// What the caller of the operation gets as the error of its system call.
  public let error: Errno

  /// Forbids with an error number. 0, ENOSYS and numbers that the kernel takes from no file system (below 1, above 511)
  /// arrive as EIO: the first would be a success, the second would end the kernel's asking for good.
  public init(_ error: Errno = .notPermitted) {
    self.error = error
  }
}
