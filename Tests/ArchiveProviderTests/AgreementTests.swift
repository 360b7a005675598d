import ArchiveProvider
import Glibc
import Posix
import Provider
import SystemPackage
import TestSupport
import Testing

@Suite struct AgreementTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private static let tars: [[String]] = [
    ["--format=gnu"], ["--format=posix"], ["--format=posix", "-z"], ["--format=gnu", "-j"], ["--format=gnu", "-J"],
    ["--format=gnu", "--zstd"], ["--format=gnu", "--sparse"],
  ]

  @Test("An archive that tar makes is shown as tar extracts it", arguments: tars, [1, 2] as [UInt64])
  func tar(options: [String], seed: UInt64) async throws {
    let tree = try directory.makeDirectory("tree")
    var random = RandomTree(seed: seed)
    try random.fill(tree, entries: 80)
    let archive = "\(directory.path)/archive"
    let outcome = try Subprocess.run(["tar", "-c"] + options + ["-f", archive, "-C", tree, "."])
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    let expected = try NativeTree.tree(below: tree)
    let content = try ArchiveContent(path: archive, cacheDirectory: "\(directory.path)/cache")
    #expect(try await content.tree() == expected, "seed \(seed)")
    // Again from the index that was kept.
    let again = try ArchiveContent(path: archive, cacheDirectory: "\(directory.path)/cache")
    #expect(try await again.tree() == expected, "seed \(seed)")
  }

  @Test("An archive that bsdtar makes is shown as it is", .enabled(if: has("bsdtar"), "bsdtar is not installed"))
  func cpio() async throws {
    let tree = try directory.makeDirectory("tree")
    var random = RandomTree(seed: 3)
    try random.fill(tree, entries: 80, names: .plain)
    for format in ["newc", "odc", "pax", "ustar", "zip"] {
      let archive = "\(directory.path)/\(format)"
      let outcome = try Subprocess.run(["bsdtar", "-c", "--format", format, "-f", archive, "-C", tree, "."])
      // ustar cannot hold all paths; some versions of bsdtar leave these out and call that a success.
      let holdsAll = format != "ustar"
      guard outcome.exitCode == 0 || !holdsAll else {
        Issue.record("\(format): \(outcome.errors)")
        continue
      }
      let shown = try await ArchiveContent(path: archive).tree()
      let expected = try NativeTree.tree(below: tree)
      if holdsAll {
        #expect(shown == expected, "\(format)")
      } else {
        #expect(!shown.isEmpty && shown.allSatisfy { expected[$0.key] != nil }, "\(format)")
      }
    }
  }

  @Test("A zip is shown as it was made", arguments: ["python", "stored", "zip", "stream", "stream stored"])
  func zip(maker: String) async throws {
    let tree = try directory.makeDirectory("tree")
    var random = RandomTree(seed: 4)
    try random.fill(tree, entries: 80, names: maker == "zip" ? .plain : .unicode)
    let archive = "\(directory.path)/archive.zip"
    switch maker {
    case "zip": try run("sh", "-c", "cd \(tree) && zip -q -r -y \(archive) .")
    default:
      try python(
        """
        tree, archive, method, kind = sys.argv[1:]
        class Pipe:
          def __init__(self, file): self.write, self.flush, self.close = file.write, file.flush, file.close
        output = open(archive, 'wb')
        with zipfile.ZipFile(Pipe(output) if kind == 'stream' else output, 'w', getattr(zipfile, method)) as z:
          for top, directories, files in os.walk(tree):
            for name in directories + files:
              path = os.path.join(top, name)
              if os.path.islink(path):
                info = zipfile.ZipInfo(os.path.relpath(path, tree))
                info.create_system = 3
                info.external_attr = 0o120777 << 16
                z.writestr(info, os.fsencode(os.readlink(path)))
              else:
                z.write(path, os.path.relpath(path, tree))
        output.close()
        """, tree, archive, maker.hasSuffix("stored") ? "ZIP_STORED" : "ZIP_DEFLATED",
        maker.hasPrefix("stream") ? "stream" : "file")
    }
    #expect(try await ArchiveContent(path: archive).tree() == NativeTree.tree(below: tree))
  }

  /// What a Python script adds to a tar, and what is shown of it beside what tar extracts.
  private static let oddArchives: [(name: String, script: String, rejections: Int)] = [
    ("duplicates", "f('a', b'1'); f('b', b'2'); f('a', b'33'); d('d', 0o700); d('d', 0o750)", 0),
    ("implied parents", "f('a/b/c/d', b'1'); f('a/e', b'2')", 0),
    ("dots", "d('.'); d('./x'); f('./x/./y', b'1'); f('x//z', b'2')", 0),
    ("hard links", "f('a', b'1'); h('b', 'a'); f('a', b'2'); h('d/c', './a'); h('e', 'b')", 0),
    ("a link to nothing", "f('a', b'1'); h('b', 'none')", 1),
    ("links", "s('a', 'b'); s('c', '../x'); s('b', 'z'); f('b', b'1')", 0),
    ("a file for an empty directory", "d('a'); f('a', b'1')", 0),
    ("a directory for a file", "f('a', b'1'); d('a'); f('a/b', b'2')", 0),
    ("a file for a full directory", "f('a/b', b'1'); f('a', b'2')", 1),
    ("beneath a file", "f('a', b'1'); f('a/b', b'2')", 1),
    ("long names", "f('n' * 200, b'1'); f('/'.join(['d' * 90] * 5) + '/x', b'2'); s('l', 't' * 300)", 0),
    ("times and owners", "f('a', b'1', mtime=-5.5, uid=1 << 20, uname='näme')", 0),
    ("nothing", "", 0),
  ]

  @Test("Odd archives are shown as tar extracts them", arguments: oddArchives.indices, ["GNU_FORMAT", "PAX_FORMAT"])
  func odd(number: Int, format: String) async throws {
    let (name, script, rejections) = Self.oddArchives[number]
    let archive = "\(directory.path)/archive.tar"
    try Self.make(archive, script, format: format)
    let content = try ArchiveContent(path: archive)
    #expect(try await content.tree() == extracted(archive, in: directory, "extracted"), "\(name)")
    #expect(try await content.list(try await content.root()).rejections.count == rejections, "\(name)")
  }

  /// Makes a tar with files, directories, symbolic and hard links, and others.
  static func make(_ archive: String, _ script: String, format: String = "GNU_FORMAT") throws {
    try python(
      """
      t = tarfile.open(sys.argv[1], 'w', format=getattr(tarfile, sys.argv[2]))
      def add(name, kind, data=None, **more):
        info = tarfile.TarInfo(name)
        info.type = kind
        info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
        for key, value in more.items(): setattr(info, key, value)
        if data is not None: info.size = len(data)
        t.addfile(info, io.BytesIO(data) if data is not None else None)
      def f(name, data, **more): add(name, tarfile.REGTYPE, data, **more)
      def d(name, mode=0o755): add(name, tarfile.DIRTYPE, mode=mode)
      def s(name, target): add(name, tarfile.SYMTYPE, linkname=target)
      def h(name, target): add(name, tarfile.LNKTYPE, linkname=target)
      \(script)
      t.close()
      """, archive, format)
  }

  @Test("Nothing leads out of an archive, and what is no file is left out")
  func outside() async throws {
    let archive = "\(directory.path)/archive.tar"
    try Self.make(
      archive,
      """
      f('/absolute/a', b'1'); f('../up', b'2'); f('x/../../up', b'3'); f('good', b'4'); h('bad', '../../etc/passwd')
      add('fifo', tarfile.FIFOTYPE); add('device', tarfile.CHRTYPE, devmajor=1, devminor=3); h('/h', '/absolute/a')
      """)
    let content = try ArchiveContent(path: archive)
    #expect(
      try await content.names() == [
        "absolute": "directory 755", "absolute/a": "file 644 31", "good": "file 644 34", "h": "file 644 31",
      ])
    let rejected = try await content.list(try await content.root()).rejections
    #expect(
      rejected.map { String(decoding: $0.name, as: UTF8.self) } == [
        "../up", "x/../../up", "bad", "fifo", "device",
      ])
    #expect(try await content.content(at: "h") == content.content(at: "absolute/a"))
  }

  @Test("Sparse files have their holes, at the end as well")
  func sparse() async throws {
    let tree = try directory.makeDirectory("tree")
    try python(
      """
      for name, pieces, size in [('end', [(0, b'a')], 3 << 20), ('start', [(2 << 20, b'b' * 5000)], (2 << 20) + 5000),
          ('hole', [], 1 << 20), ('many', [(i << 16, b'c' * 100) for i in range(40)], 40 << 16)]:
        with open(os.path.join(sys.argv[1], name), 'wb') as f:
          for offset, data in pieces: f.seek(offset); f.write(data)
          f.truncate(size)
      """, tree)
    for options in [["--format=gnu"], ["--format=posix"], ["--format=posix", "-z"]] {
      let archive = "\(directory.path)/archive"
      _ = try Subprocess.run(["tar", "-c", "--sparse"] + options + ["-f", archive, "-C", tree, "."])
      let content = try ArchiveContent(path: archive)
      #expect(try await content.tree() == NativeTree.tree(below: tree), "\(options)")
    }
  }
}
