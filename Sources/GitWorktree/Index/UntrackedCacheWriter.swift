/// Writes the index extension in which git keeps what no index knows: the untracked files of each directory.
///
/// The one written here says of a worktree that shows a tree as it is: no directory has an untracked file. With an
/// fsmonitor git then opens no directory that was not reported as changed. The format is that of gitformat-index(5),
/// "Untracked cache".
struct UntrackedCacheWriter {
  /// One of the two files outside of the tree that say what is ignored.
  struct ExcludeFile: Equatable {
    /// Nine numbers of stat(2), as the index stores them; zeros make git look at the contents.
    var status = [UInt32](repeating: 0, count: 9)
    /// The id of a blob with the contents and a line feed behind them; null where there is no file.
    var id = [UInt8](repeating: 0, count: IndexReader.idLength)
  }

  /// Where the worktree is, without symbolic links.
  let worktree: String
  /// `info/exclude` in the common git directory.
  let infoExclude: ExcludeFile
  /// What `core.excludesFile` names.
  let excludesFile: ExcludeFile
  /// Whether `status.showUntrackedFiles` is `all`.
  let listsEveryFile: Bool

  /// `DIR_SHOW_OTHER_DIRECTORIES | DIR_HIDE_EMPTY_DIRECTORIES`
  private static let usualFlags: UInt32 = 6
  /// The length of one directory's stat data. With an fsmonitor git compares none of it.
  private static let statusLength = 36

  /// The extension's bytes, without its name and size.
  func payload(_ tree: DirectoryTree) -> [UInt8] {
    var bytes: [UInt8] = []
    let identity = Array("Location \(worktree), system Linux".utf8) + [0]
    bytes.append(varint: identity.count)
    bytes += identity
    for number in infoExclude.status + excludesFile.status { bytes.append(bigEndian: number) }
    bytes.append(bigEndian: listsEveryFile ? 0 : Self.usualFlags)
    bytes += infoExclude.id + excludesFile.id
    bytes += Array(".gitignore".utf8) + [0]

    let count = tree.directories.count
    bytes.append(varint: count)
    var ignoreFiles: [[UInt8]?] = []
    tree.forEachInDepth { directory in
      bytes.append(varint: 0)
      bytes.append(varint: directory.children.count)
      bytes += directory.name
      bytes.append(0)
      ignoreFiles.append(directory.ignoreFile)
    }
    // Which directories' data are valid, which were only looked into, and which have a .gitignore.
    bytes += EWAHBitmap.serialize(count: count) { _ in true }
    bytes += EWAHBitmap.serialize(count: 0) { _ in false }
    bytes += EWAHBitmap.serialize(count: count) { ignoreFiles[$0] != nil }
    bytes += [UInt8](repeating: 0, count: count * Self.statusLength)
    for file in ignoreFiles { bytes += file ?? [] }
    bytes.append(0)
    return bytes
  }
}
