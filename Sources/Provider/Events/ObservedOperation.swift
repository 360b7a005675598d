/// One thing that is done to one entry.
public struct ObservedOperation: Sendable, Hashable {
  /// What is done.
  public let action: ObservedAction
  /// The paths of the entry before it, as bytes from the root, without a slash at either end; the root's is empty.
  ///
  /// One where the operation names it. What is done to an open file can be due to any of its names: all are given that the
  /// view knows. Never empty.
  public let paths: [[UInt8]]
  /// What the entry is.
  public let kind: ObservedKind
  /// Whether the entry has no name: it was removed while somebody had it open, or made without. Then the path is that of
  /// the directory in which it was, or the name by which it was opened.
  public let isUnnamed: Bool

  /// An operation on an entry.
  public init(_ action: ObservedAction, _ kind: ObservedKind, at paths: [[UInt8]], isUnnamed: Bool = false) {
    self.action = action
    self.paths = paths.isEmpty ? [[]] : paths
    self.kind = kind
    self.isUnnamed = isUnnamed
  }

  /// The first of the paths.
  public var path: [UInt8] { paths.first ?? [] }
}

/// Who does something.
public struct OperationCaller: Sendable, Hashable {
  /// The process, not the thread, in the server's PID namespace: 0 for the kernel itself or a process of another
  /// namespace. The thread's id where it had gone before it could be asked for.
  public let process: UInt32
  /// The user for whom files are made.
  public let user: UInt32
  /// The group for whom files are made.
  public let group: UInt32
  /// The thread's name, which is by default the program's, of at most 15 bytes; `?` where it had gone.
  public let command: String

  /// A caller.
  public init(process: UInt32, user: UInt32, group: UInt32, command: String) {
    self.process = process
    self.user = user
    self.group = group
    self.command = command
  }
}

/// An operation that is about to be performed, unless somebody forbids it.
public struct PendingOperation: Sendable, Hashable {
  /// Grows with each event of the view, whoever gets it. Several observers that are asked get the same number.
  public let number: UInt64
  /// When it was asked, since 1970.
  public let time: Duration
  /// What is to be done.
  public let operation: ObservedOperation
  /// Who wants it.
  public let caller: OperationCaller

  /// An operation to be asked about.
  public init(number: UInt64, time: Duration, operation: ObservedOperation, caller: OperationCaller) {
    self.number = number
    self.time = time
    self.operation = operation
    self.caller = caller
  }
}

/// An operation that took effect.
public struct CompletedOperation: Sendable, Hashable {
  /// Grows with each event of the view, whoever gets it.
  public let number: UInt64
  /// When it took effect, since 1970.
  public let time: Duration
  /// What was done. A name that became another one stands as it was before.
  public let operation: ObservedOperation
  /// Who did it.
  public let caller: OperationCaller
  /// The number of the question that went before it, if some observer was asked.
  public let question: UInt64?

  /// An operation to be told of.
  public init(
    number: UInt64, time: Duration, operation: ObservedOperation, caller: OperationCaller, question: UInt64?
  ) {
    self.number = number
    self.time = time
    self.operation = operation
    self.caller = caller
    self.question = question
  }
}
