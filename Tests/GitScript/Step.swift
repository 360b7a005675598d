/// One step of a script: what is done to a worktree before it is compared with the other one.
package enum Step: Hashable, Sendable {
  /// System calls on the tree.
  case edit(Edit)
  /// git.
  case git(GitCommand)
  /// Something happens to the file system below the subject while nobody uses it.
  case disturb(Disturbance)

  /// A change made by system calls, as an editor or a build makes it. Paths are relative to the worktree.
  package enum Edit: Hashable, Sendable {
    /// A file is made, or emptied and written again in place. Missing directories are made.
    case write(String, String)
    /// Bytes are written over others, in place.
    case overwrite(String, offset: Int, String)
    case append(String, String)
    case truncate(String, size: Int)
    /// A line of text takes the place of another; the file is written under another name and renamed.
    case line(String, Int, String)
    /// The same, in place.
    case lineInPlace(String, Int, String)
    /// Everything is written again as it is.
    case rewrite(String)
    /// Another content is written, and then the old one again.
    case restore(String)
    case mode(String, UInt32)
    case unlink(String)
    /// rm -r.
    case remove(String)
    case makeDirectory(String)
    case rename(String, String)
    case link(target: String, String)
    case touch(String)
  }

  /// What happens to a view's file system.
  package enum Disturbance: String, CaseIterable, Sendable {
    case remount, kill
    case dropCaches = "drop-caches"
  }

  /// `git` in the worktree with these arguments.
  package static func git(_ arguments: String...) -> Step { .git(GitCommand(arguments)) }
}

/// A git command of a script.
///
/// In its words, `{place}` is the worktree and `{outside}` a directory beside it, both absolute.
package struct GitCommand: Hashable, Sendable {
  /// What is behind `git`.
  package var arguments: [String]
  /// Variables that are set for it, `NAME=value`.
  package var environment: [String] = []
  /// What it reads from standard input; by default nothing.
  package var input: String?
  /// The file in the directory beside the worktree that gets what it prints.
  package var output: String?

  /// A command.
  package init(
    _ arguments: [String], environment: [String] = [], input: String? = nil, output: String? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.output = output
  }
}

extension Step.Edit {
  /// What it names.
  package var paths: [String] {
    switch self {
    case .write(let path, _), .overwrite(let path, _, _), .append(let path, _), .truncate(let path, _),
      .line(let path, _, _), .lineInPlace(let path, _, _), .rewrite(let path), .restore(let path), .mode(let path, _),
      .unlink(let path), .remove(let path), .makeDirectory(let path), .link(_, let path), .touch(let path):
      [path]
    case .rename(let old, let new): [old, new]
    }
  }
}
