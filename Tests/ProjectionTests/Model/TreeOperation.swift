import Glibc
import Projection
import TestSupport

/// What a user does to a view, by path.
enum TreeOperation: Sendable, CustomStringConvertible {
  case create(String, permissions: UInt16)
  case makeDirectory(String, permissions: UInt16)
  case makeLink(String, target: String)
  case unlink(String)
  case removeDirectory(String)
  case rename(String, String, ProjectionCore.RenameMode)
  case link(String, String)
  case write(String, String, offset: Int64)
  case truncate(String, size: Int64)
  case changeMode(String, UInt16)
  case setTime(String, seconds: Int64)
  case setAttribute(String, String, String)
  case removeAttribute(String, String)
  case open(String, OpenMode)
  case writeOpen(Int, String, offset: Int64)
  case close(Int)

  /// Whether nothing of any file's content is kept or shown by it.
  var fetchesNothing: Bool {
    switch self {
    case .write, .writeOpen, .close: false
    case .truncate(_, let size): size == 0
    case .open(_, let mode): mode.contains(.truncating)
    default: true
    }
  }

  var description: String {
    switch self {
    case .create(let path, let permissions): "create \(path) \(String(permissions, radix: 8))"
    case .makeDirectory(let path, let permissions): "mkdir \(path) \(String(permissions, radix: 8))"
    case .makeLink(let path, let target): "ln -s \(target) \(path)"
    case .unlink(let path): "unlink \(path)"
    case .removeDirectory(let path): "rmdir \(path)"
    case .rename(let old, let new, let mode): "rename \(old) \(new) \(mode)"
    case .link(let old, let new): "link \(old) \(new)"
    case .write(let path, let text, let offset): "write \(path) '\(text)' at \(offset)"
    case .truncate(let path, let size): "truncate \(path) to \(size)"
    case .changeMode(let path, let permissions): "chmod \(path) \(String(permissions, radix: 8))"
    case .setTime(let path, let seconds): "touch \(path) \(seconds)"
    case .setAttribute(let path, let name, let value): "setfattr \(path) \(name)=\(value)"
    case .removeAttribute(let path, let name): "setfattr -x \(path) \(name)"
    case .open(let path, let mode):
      "open \(path)\(mode.contains(.writing) ? " for writing" : "")\(mode.contains(.truncating) ? ", emptied" : "")"
    case .writeOpen(let number, let text, let offset): "write to open file \(number) '\(text)' at \(offset)"
    case .close(let number): "close \(number)"
    }
  }
}

/// Makes operations over few names, so that they meet each other often.
struct OperationGenerator {
  private static let names = ["a", "b", "c", "l", "x", "y", "z"]

  var random: SeededRandom

  /// The next one, mostly about the paths that exist, whose kinds are given.
  mutating func next(_ existing: [String: FileKind], openFiles: Int) -> TreeOperation {
    let directories = [""] + existing.filter { $0.value == .directory }.map(\.key).sorted()
    let others = existing.filter { $0.value != .directory }.map(\.key).sorted()
    let files = existing.filter { $0.value == .file }.map(\.key).sorted()
    let parents = directories.filter { $0.split(separator: "/").count < 3 }
    func anywhere(_ random: inout SeededRandom) -> String {
      let parent = parents.randomElement(using: &random) ?? ""
      return (parent.isEmpty ? "" : parent + "/") + (Self.names.randomElement(using: &random) ?? "a")
    }
    let fresh = anywhere(&random)
    let any = existing.keys.sorted().randomElement(using: &random) ?? fresh
    let file = files.randomElement(using: &random) ?? fresh
    let marked =
      existing.filter { $0.value != .symbolicLink }.map(\.key).sorted().randomElement(using: &random) ?? fresh
    let permissions = ([0o644, 0o600, 0o755, 0o700] as [UInt16]).randomElement(using: &random) ?? 0o644
    let text = String(repeating: "w", count: Int.random(in: 1...9, using: &random))
    let offset = Int64.random(in: 0...12, using: &random)
    switch Int.random(in: 0..<34, using: &random) {
    case 0..<3: return .create(fresh, permissions: permissions)
    case 3..<5: return .makeDirectory(fresh, permissions: permissions | 0o100)
    case 5: return .makeLink(fresh, target: text)
    case 6..<9: return .unlink(others.randomElement(using: &random) ?? fresh)
    case 9..<11: return .removeDirectory(directories.dropFirst().randomElement(using: &random) ?? fresh)
    case 11..<15: return .rename(any, fresh, .replacing)
    case 15: return .rename(any, fresh, .keepingExisting)
    case 16, 17: return .rename(any, existing.keys.sorted().randomElement(using: &random) ?? fresh, .exchanging)
    case 18: return .rename(any, existing.keys.sorted().randomElement(using: &random) ?? fresh, .replacing)
    case 19, 20: return .link(others.randomElement(using: &random) ?? fresh, fresh)
    case 21, 22: return .write(file, text, offset: offset)
    case 23: return .truncate(file, size: Int64.random(in: 0...9, using: &random))
    case 24: return .truncate(file, size: 0)
    case 25: return .changeMode(marked, existing[marked] == .directory ? permissions | 0o100 : permissions)
    case 26: return .setTime(any, seconds: Int64.random(in: 1...1_000_000, using: &random))
    case 27: return .setAttribute(marked, "user.\(fresh.last ?? "a")", text)
    case 28: return .removeAttribute(marked, "user.\(fresh.last ?? "a")")
    case 29, 30: return .open(file, [[], [.writing], [.writing, .truncating]].randomElement(using: &random) ?? [])
    case 31:
      return openFiles > 0
        ? .writeOpen(Int.random(in: 0..<openFiles, using: &random), text, offset: offset) : .unlink(any)
    default: return openFiles > 0 ? .close(Int.random(in: 0..<openFiles, using: &random)) : .open(file, [])
    }
  }
}
