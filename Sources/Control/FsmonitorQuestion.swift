/// What git's fsmonitor hook asks a view, on the socket that the commands use: `fsmonitor VERSION COMMAND TOKEN`, the
/// paths that the command is limited to with a NUL before each, and a line feed.
///
/// No JSON, because the hook has to be small: git runs it at each command. The answer is a line with the number of bytes
/// that follow, and these, which the hook prints.
package struct FsmonitorQuestion: Sendable, Equatable {
  /// The version of the protocol between git and the hook.
  package let version: Int
  /// The git command that asks, such as `status`; a hyphen where the hook cannot see it.
  package let command: String
  /// The paths that the command is about, from the root; empty where it is about everything, or the hook cannot say.
  package let paths: [[UInt8]]
  /// Since when; git's own numbers and nothing at all are possible.
  package let token: String

  /// Reads a line without its line feed; nil where it is another question.
  package init?(_ line: [UInt8]) {
    let parts = line.split(separator: 0)
    paths = parts.dropFirst().map(Array.init)
    let words = (parts.first ?? []).split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count == 4, words[0].elementsEqual("fsmonitor".utf8),
      let version = Int(String(decoding: words[1], as: UTF8.self))
    else { return nil }
    self.version = version
    command = String(decoding: words[2], as: UTF8.self)
    token = String(decoding: words[3], as: UTF8.self)
  }

  /// The bytes of an answer with their number in front.
  static func framed(_ answer: [UInt8]) -> [UInt8] { Array("\(answer.count)\n".utf8) + answer }
}
