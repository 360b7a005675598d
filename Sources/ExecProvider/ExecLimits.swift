/// How long a program is waited for, and how often it is started anew.
public struct ExecLimits: Sendable {
  /// How long its first message may take.
  public var handshake: Duration = .seconds(30)
  /// How long it has to end after each of: its standard input was closed, SIGTERM.
  public var grace: Duration = .seconds(2)
  /// The wait before it is started again, doubled each time, up to `longestBackOff`.
  public var backOff: Duration = .milliseconds(100)
  /// The longest such wait.
  public var longestBackOff: Duration = .seconds(5)
  /// How often it may be started within `span`.
  public var starts = 5
  /// What `starts` is counted over.
  public var span: Duration = .seconds(60)
  /// How long it is left alone when it was started so often. Requests fail at once meanwhile.
  public var pause: Duration = .seconds(60)
  /// How many bytes of answers may lie here that nobody has taken yet. When they do, the program is not read from.
  public var buffer = 4 << 20

  /// What is good for most programs.
  public init() {}
}
