import FuseTransport
import Posix
import Provider
import TestSupport
import Testing

@Suite("Names, on a mount", .enabled(if: Availability.fuse, "FUSE is not available"))
struct NamesTests {
  private static let many = 30_000

  @Test(
    "A lookup in a large directory lists nothing, and a listing is whole and without doubles",
    arguments: testedEngines)
  func large(engine: Engine) async throws {
    let provider = LargeDirectoryProvider(count: Self.many)
    let view = try await MountedProvider(provider, engine: engine)
    #expect(
      try await view.shell("od -An -tu8 many/file-0029999; stat -c %s many/file-0000007; cat many/absent") == [
        "                29999", "8", "cat: many/absent: No such file or directory",
      ])
    #expect(provider.pagesAsked == 0)
    #expect(
      try await view.shell("ls -f many | wc -l; ls many | sort -u | wc -l; ls -1U many | head -n 1") == [
        "\(Self.many + 2)", "\(Self.many)", "file-0029999",
      ])
    #expect(provider.pagesAsked == Self.many / provider.pageSize)
    let asked = provider.namesAsked
    #expect(try await view.shell("find many -name '*999' -size 8c | wc -l") == ["30"])
    #expect(provider.namesAsked == asked)
  }

  @Test("The first entries come with the first page, and no page before it is read", arguments: testedEngines)
  func stream(engine: Engine) async throws {
    let provider = LargeDirectoryProvider(count: 1_000_000)
    let view = try await MountedProvider(provider, engine: engine)
    let first = try await view.perl("opendir(D, 'many'); my @n = map { scalar readdir(D) } 1..3; print qq(@n\\n);")
    #expect(first == [". .. file-0000000"])
    #expect(provider.pagesAsked == 1)
  }

  @Test("Readers at different places, who go back and on again, see what is there once", arguments: testedEngines)
  func positions(engine: Engine) async throws {
    let view = try await MountedProvider(LargeDirectoryProvider(count: 5000, pageSize: 100), engine: engine)
    let lines = try await view.perl(
      """
      my (@dirs, @seen, @places);
      for my $i (0..2) { opendir($dirs[$i], 'many'); $seen[$i] = {}; $places[$i] = []; }
      my $double = 0;
      for my $step (0..5010) {
        for my $i (0..2) {
          next if $step % ($i + 1);
          my $name = readdir($dirs[$i]);
          next unless defined $name;
          $double++ if $seen[$i]{$name}++;
          push @{$places[$i]}, [telldir($dirs[$i]), $name] if $step % 97 == 0;
        }
        if ($step == 1000) { stat('many/file-0004321'); stat('many/none'); }
      }
      for my $i (1..2) { while (defined(my $name = readdir($dirs[$i]))) { $double++ if $seen[$i]{$name}++; } }
      print join(' ', map { scalar keys %$_ } @seen), " $double\\n";
      my $wrong = 0;
      for my $i (0..2) {
        for my $k (reverse 0 .. $#{$places[$i]} - 1) {
          seekdir($dirs[$i], $places[$i][$k][0]);
          my $next = readdir($dirs[$i]);
          $wrong++ if !defined $next || $next eq $places[$i][$k][1];
        }
        rewinddir($dirs[$i]);
        my %again;
        while (defined(my $name = readdir($dirs[$i]))) { $again{$name}++ }
        $wrong++ if keys %again != 5002 || grep { $_ != 1 } values %again;
      }
      print "$wrong\\n";
      """)
    #expect(lines == ["5002 5002 5002 0", "0"])
  }

  @Test(
    "What is changed in a large directory is as in any other, and lists no more than is read",
    arguments: testedEngines)
  func changes(engine: Engine) async throws {
    let provider = LargeDirectoryProvider(count: Self.many)
    let view = try await MountedProvider(provider, engine: engine)
    let script = """
      cd many
      echo new > new && echo more >> file-0000003 && rm file-0000001 && mv file-0000002 moved && mkdir dir
      mv file-0000005 file-0000006 && ln file-0000007 link && rmdir . ; ln new file-0000008 ; mkdir file-0000009
      wc -c < file-0000003; cat new; od -An -tu8 moved; od -An -tu8 file-0000006
      cd .. ; rmdir many
      """
    let lines = try await view.shell(script)
    #expect(lines.filter { !$0.contains(":") } == ["13", "new", "                    2", "                    5"])
    #expect(lines.count == 8)
    #expect(provider.pagesAsked == 0)
    let names = "ls many | wc -l; ls many | grep -v file-; ls many | sort | uniq -d; ls many | sort | head -n 6"
    let seen = try await view.shell(names)
    #expect(
      seen == [
        "\(Self.many + 1)", "dir", "link", "moved", "new", "dir", "file-0000000", "file-0000003", "file-0000004",
        "file-0000006", "file-0000007",
      ])
    view.end()
    let again = try await MountedProvider(LargeDirectoryProvider(count: Self.many), engine: engine, in: view.home)
    #expect(try await again.shell(names) == seen)
    #expect(
      try await again.shell("cat many/new; od -An -tu8 many/moved; cat many/file-0000001") == [
        "new", "                    2", "cat: many/file-0000001: No such file or directory",
      ])
  }

  // MARK: - Without case

  private func caseless() -> Caseless<Paged<TreeProvider>> {
    let tree = TreeProvider()
    tree.add("Dir", .directory("dir"))
    tree.addFile("Foo", in: "dir", id: "foo", text: "text\n")
    tree.addFile("bar", in: "dir", id: "bar", text: "other\n")
    tree.add("Sub", .directory("sub"), in: "dir")
    tree.addFile("deep", in: "sub", id: "deep", text: "deep\n")
    return Caseless(Paged(tree, pageSize: 2))
  }

  @Test(
    "However a name is spelled, the kernel finds it, and nothing of it lives on when it is gone",
    arguments: testedEngines)
  func spellings(engine: Engine) async throws {
    let view = try await MountedProvider(caseless(), engine: engine)
    let script = """
      cat Dir/Foo dir/FOO DIR/foo dIR/sub/DEEP; stat -c %i Dir/Foo dir/foo | uniq | wc -l
      cat dir/foo > /dev/null; stat Dir/NEW 2> /dev/null; rm DIR/FOO; cat Dir/Foo dir/foo DIR/FOO
      echo new > dir/new; cat DIR/NEW Dir/New; rm Dir/nEW; ls dir
      mkdir dir/BAR 2> /dev/null || echo taken; ln -s x Dir/Bar 2> /dev/null || echo taken; cat dir/bAR
      """
    let lines = try await view.shell(script)
    #expect(
      lines == [
        "text", "text", "text", "deep", "1", "cat: Dir/Foo: No such file or directory",
        "cat: dir/foo: No such file or directory", "cat: DIR/FOO: No such file or directory", "new", "new", "Sub",
        "bar",
        "taken", "taken", "other",
      ])
  }

  @Test("The kernel keeps no name, there or not, that another spelling may change", arguments: testedEngines)
  func asked(engine: Engine) async throws {
    let view = try await MountedProvider(caseless(), engine: engine)
    let statistics = view.session.statistics
    for way in ["stat Dir/Foo Dir/bar", "ls -l Dir; stat Dir/Foo Dir/bar", "stat Dir/None Dir/Neither || true"] {
      _ = try await view.shell(way)
      let before = statistics.summaries[.lookup]?.count ?? 0
      _ = try await view.shell(way)
      #expect(statistics.summaries[.lookup]?.count ?? 0 >= before + 4, "\(way)")
    }
  }

  @Test(
    "Renaming by any spelling moves the name in all of them; a directory is one in all", arguments: testedEngines)
  func renames(engine: Engine) async throws {
    let view = try await MountedProvider(caseless(), engine: engine)
    let script = """
      cat dir/foo DIR/sub/deep dir/SUB/DEEP; mv dir/FOO Dir/Other; cat Dir/OTHER; cat Dir/Foo dir/foo
      mv DIR/sub dir/Moved; cat dir/MOVED/deep; cat Dir/Sub/deep; cat dir/SUB/deep
      mv dir/other dir/BAR; cat Dir/bar; ls Dir; mv dir/bar dir/tmp; mv dir/tmp dir/Bar; ls dIR
      cd dir/moved; cd ..; cat bar; cd ../DIR/MOVED; cat DEEP; rm deep; cd ..; rmdir moved; ls; ls ../dir/Moved
      """
    let lines = try await view.shell(script)
    #expect(
      lines == [
        "text", "deep", "deep", "text", "cat: Dir/Foo: No such file or directory",
        "cat: dir/foo: No such file or directory", "deep", "cat: Dir/Sub/deep: No such file or directory",
        "cat: dir/SUB/deep: No such file or directory", "text", "BAR", "Moved", "Bar", "Moved", "text", "deep", "Bar",
        "ls: cannot access '../dir/Moved': No such file or directory",
      ])
    view.end()
    let again = try await MountedProvider(caseless(), engine: engine, in: view.home)
    #expect(try await again.shell("ls dir; cat DIR/BAR") == ["Bar", "text"])
  }
}

extension MountedProvider {
  /// The lines that a shell writes in the view's directory.
  fileprivate func shell(_ script: String) async throws -> [String] {
    try await lines(["sh", "-c", "export LC_ALL=C; exec 2>&1; " + script])
  }

  /// The lines that a perl script writes in the view's directory.
  fileprivate func perl(_ script: String) async throws -> [String] { try await lines(["perl", "-e", script]) }

  private func lines(_ program: [String]) async throws -> [String] {
    let outcome = try await run(["sh", "-c", "cd \"$0\" && exec \"$@\"", mountpoint] + program)
    return outcome.output.split(separator: "\n").map(String.init)
  }
}
