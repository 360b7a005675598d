internal import Glibc
internal import Posix
internal import SystemPackage

/// Random trees on the disk.
package struct RandomTree {
  private var random: SeededRandom
  private var files: [String] = []

  /// What characters the names have.
  package enum Names: Sendable {
    case anyBytes
    case unicode
    case plain
  }

  /// A sequence of trees of its own for each seed.
  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Makes files, directories, symbolic links and hard links below `path`: names with any characters, deep and long paths.
  package mutating func fill(_ path: String, entries: Int, names: Names = .anyBytes) throws {
    var directories = [path]
    for number in 0..<entries {
      guard let parent = directories.randomElement(using: &random) else { return }
      let name = name(number, names)
      let directory = try FileCalls.open(parent, O_RDONLY | O_DIRECTORY)
      switch Int.random(in: 0..<12, using: &random) {
      case 0...1:
        // Later ones nest deeper, so that paths become long.
        let plain = "d\(number)" + String(repeating: "x", count: Int.random(in: 0...40, using: &random))
        try FileCalls.makeDirectory(at: directory.rawValue, plain, mode: 0o700)
        let modes: [mode_t] = [0o755, 0o700, 0o775]
        try EntryCalls.changeMode(
          at: directory.rawValue, Array(plain.utf8), modes.randomElement(using: &random) ?? 0o755)
        directories.append("\(parent)/\(plain)")
      case 2:
        let target = Array(
          repeating: UInt8.random(in: 1...255, using: &random), count: Int.random(in: 1...200, using: &random))
        try EntryCalls.makeSymbolicLink(at: directory.rawValue, name, target: target)
      case 3 where !files.isEmpty:
        guard let file = files.randomElement(using: &random) else { continue }
        try EntryCalls.link(at: FileCalls.workingDirectory, Array(file.utf8), to: directory.rawValue, name)
      default:
        let file = try EntryCalls.open(at: directory.rawValue, name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let sizes = [0, 1, 511, 512, 513, 4096, Int.random(in: 0...100_000, using: &random)]
        let byte = UInt8.random(in: 0...255, using: &random)
        try FileCalls.writeAll(
          file.rawValue,
          (0..<(sizes.randomElement(using: &random) ?? 0)).map { byte &+ UInt8(truncatingIfNeeded: $0 / 7) })
        let modes: [mode_t] = [0o644, 0o755, 0o600, 0o444, 0o4755]
        try EntryCalls.changeMode(at: directory.rawValue, name, modes.randomElement(using: &random) ?? 0o644)
        if String(validating: name, as: UTF8.self) != nil {
          files.append("\(parent)/\(String(decoding: name, as: UTF8.self))")
        }
      }
    }
  }

  private mutating func name(_ number: Int, _ names: Names) -> [UInt8] {
    let start = Array("f\(number)".utf8)
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where names == .anyBytes:
      return start + (0..<20).map { _ in UInt8.random(in: 1...255, using: &random) }.filter { $0 != UInt8(ascii: "/") }
    case 1 where names != .plain: return start + Array(" é \u{1F4C1}".utf8)
    case 2: return start + Array(repeating: UInt8(ascii: "n"), count: Int.random(in: 0...240, using: &random))
    default: return start
    }
  }
}
