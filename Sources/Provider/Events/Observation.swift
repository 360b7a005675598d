/// Which events of a subtree are wanted.
public struct Watch: Sendable, Hashable {
  /// The subtree: a path from the root, without a slash at either end; empty for the whole view. It is a place, not what
  /// is there: a directory that leaves it is watched no more, and what comes there is.
  public var path: [UInt8]
  /// What is asked about before. Bits of events that can only be told of mean nothing.
  public var before: EventMask
  /// What is told of after.
  public var after: EventMask

  /// A watch of a subtree, including its top.
  public init(_ path: [UInt8] = [], before: EventMask = [], after: EventMask = []) {
    self.path = path
    self.before = before
    self.after = after
  }
}

/// How an observer is served.
public struct ObserverOptions: Sendable {
  /// What becomes of an operation whose question was not answered in time.
  public enum Overdue: Sendable, Hashable {
    /// It fails with ETIMEDOUT.
    case refuse
    /// It is performed.
    case allow
  }

  /// What it wants. Of several watches above a path the deepest counts, alone; of two for the same path the last.
  public var watches: [Watch]
  /// How long an operation waits for an answer; nil for as long as it takes. What blocks its thread instead of being
  /// awaited is not cut short.
  public var deadline: Duration?
  /// What becomes of the operation then.
  public var overdue: Overdue
  /// How many events may wait to be told. Later ones are lost, and it is said how many.
  public var capacity: Int
  /// Has the kernel send opens even if no watch wants them when the view is mounted, so that one may later.
  public var needsOpens: Bool

  /// Options with which an operation waits 30 seconds at most and is refused then.
  public init(
    watches: [Watch], deadline: Duration? = .seconds(30), overdue: Overdue = .refuse, capacity: Int = 8192,
    needsOpens: Bool = false
  ) {
    self.watches = watches
    self.deadline = deadline
    self.overdue = overdue
    self.capacity = capacity
    self.needsOpens = needsOpens
  }
}

/// An observer at work, for whoever set it to work.
public protocol Observation: Sendable {
  /// What it wants.
  var watches: [Watch] { get }

  /// Changes what it wants, at once for all operations that begin from now on.
  ///
  /// Throws `opensAreNotSent`, and changes nothing, where a watch wants opens or closes and the kernel does not send them.
  func setWatches(_ watches: [Watch]) throws(ObservationError)

  /// Waits until it was told of everything that took effect before. Not to be called by the observer itself.
  func deliver() async

  /// Ends it: it is asked and told nothing new any more, and was told everything before when this returns. Not to be
  /// called by the observer itself.
  func end() async
}

/// Why an observer's watches cannot be had.
public enum ObservationError: Error, Sendable, Hashable {
  /// The view was mounted without the kernel sending opens.
  case opensAreNotSent
}
