internal import ExecProvider
internal import Glibc
internal import Logging
internal import Posix
internal import Provider
internal import Synchronization
internal import SystemPackage
internal import TestSupport

/// The programs that the tests run.
enum Programs {
  private static let here = #filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex)

  /// The one that behaves as its argument says.
  static let subject = "\(here)/Programs/subject"

  /// The example of the documentation.
  static let example = "\(here)/../../Examples/python-provider/sqlite-provider"

  /// Starts `subject`; limits are for programs that are quick to start again.
  static func start(_ words: String..., limits: ExecLimits? = nil, log: LogLines = LogLines()) async throws
    -> ExecContent
  {
    try await ExecContent(
      command: subject, source: words.joined(separator: ";"), limits: limits ?? quick, logger: log.logger)
  }

  /// Short waits.
  static var quick: ExecLimits {
    var limits = ExecLimits()
    limits.backOff = .milliseconds(1)
    limits.longestBackOff = .milliseconds(20)
    limits.starts = 1000
    limits.handshake = .seconds(300)
    return limits
  }
}

/// What was logged.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.lines.withLock { $0.append("\(event.message)") }
    }
  }
}

/// A content, fetched into a file.
func bytes(of content: ContentID, from provider: any ContentProvider) async throws -> [UInt8] {
  let directory = try TemporaryDirectory()
  let file = try FileCalls.open("\(directory.path)/content", O_RDWR | O_CREAT, mode: 0o600)
  var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
  try await provider.fetch(content, into: &sink)
  let bytes = try FileCalls.read(file.rawValue, at: 0, count: Int(sink.bytesWritten) + 1)
  guard bytes.count == sink.bytesWritten else { throw ProviderError.wrongSize("the sink counted \(sink.bytesWritten)") }
  return bytes
}

/// The same as text.
func text(of content: ContentID, from provider: any ContentProvider) async throws -> String {
  String(decoding: try await bytes(of: content, from: provider), as: UTF8.self)
}

/// The same as a number.
func number(of content: ContentID, from provider: any ContentProvider) async throws -> Int {
  let text = try await text(of: content, from: provider)
  guard let number = Int(text) else { throw ProviderError.damaged("'\(text)' is no number") }
  return number
}

/// A range of a content.
func bytes(
  of content: ContentID, range: Range<Int64>, from provider: any RangedContentProvider
) async throws -> [UInt8] {
  let directory = try TemporaryDirectory()
  let file = try FileCalls.open("\(directory.path)/content", O_RDWR | O_CREAT, mode: 0o600)
  var sink = ContentSink(descriptor: FileDescriptor(rawValue: file.rawValue))
  try await provider.fetch(content, range: range, into: &sink)
  return try FileCalls.read(file.rawValue, at: 0, count: Int(sink.bytesWritten))
}

/// What `subject` gives for `big:COUNT`.
func pattern(_ range: Range<Int>) -> [UInt8] { range.map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) } }

/// Whether there is a process, be it a zombie.
func isThere(_ process: Int) -> Bool { kill(pid_t(process), 0) == 0 }
