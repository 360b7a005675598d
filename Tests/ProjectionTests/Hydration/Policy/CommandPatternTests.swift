import Testing

@testable import Projection

/// Which processes a pattern is about.
@Suite struct CommandPatternTests {
  /// Facts in words: name, program or `-`, the command line, the control group.
  private static func process(
    _ name: String, _ program: String?, _ words: String..., in group: String = "/user.slice/a.scope"
  ) -> ProcessFacts {
    ProcessFacts(
      name: Array(name.utf8), program: program.map { Array($0.utf8) }, words: words.map { Array($0.utf8) },
      controlGroups: [Array(group.utf8)], group: 7)
  }

  private static let grep = process("grep", "/usr/bin/grep", "grep", "-r", "x")
  /// A script: the program is its interpreter.
  private static let script = process("index-all", "/usr/bin/python3.11", "/usr/bin/python3", "/opt/bin/index-all")
  /// The kernel keeps 15 bytes of a name.
  private static let long = process(
    "tracker-miner-f", "/usr/libexec/tracker-miner-fs-3", "/usr/libexec/tracker-miner-fs-3")
  private static let longScript = process(
    "a-script-with-a", "/usr/bin/bash", "/bin/bash", "./a-script-with-a-long-name")
  /// A thread pool that calls itself something.
  private static let renamed = process(
    "Web Content", "/usr/lib/firefox/firefox", "/usr/lib/firefox/firefox", "-contentproc")
  /// Another user's, of which the program is not to be seen.
  private static let hidden = process("updatedb", nil, in: "/system.slice/plocate-updatedb.service")

  @Test(
    "By name, by file and by control group",
    arguments: [
      ("grep", grep, true), ("egrep", grep, false), ("gre", grep, false), ("/usr/bin/grep", grep, true),
      ("/bin/grep", grep, false), ("*", grep, true), ("x", grep, false), ("-r", grep, false),
      ("index-all", script, true), ("python3.11", script, true), ("/opt/bin/index-all", script, true),
      ("/usr/bin/python3.11", script, true), ("/other/index-all", script, false), ("/usr/bin/python3", script, false),
      ("tracker-miner-fs-3", long, true), ("tracker-miner-fs-2", long, false), ("tracker-miner-f", long, true),
      ("tracker-miner", long, false), ("a-script-with-a-long-name", longScript, true),
      ("a-script-with-another-name", longScript, false), ("bash", longScript, true), ("firefox", renamed, true),
      ("Web Content", renamed, true), ("updatedb", hidden, true), ("/usr/bin/updatedb", hidden, false),
      ("cgroup:/user.slice", grep, true), ("cgroup:/user.slice/a.scope", grep, true),
      ("cgroup:/user.slice/", grep, true), ("cgroup:/user", grep, false), ("cgroup:/", hidden, true),
      ("cgroup:/system.slice/plocate-updatedb.service/x", hidden, false),
    ])
  func matching(text: String, process: ProcessFacts, matches: Bool) throws {
    #expect(try CommandPattern(text).matches(process) == matches)
  }

  @Test("What is no pattern", arguments: ["", "a*", "**", "bin/grep", "./grep", "cgroup:", "cgroup:user.slice"])
  func mistakes(text: String) {
    #expect(throws: CommandPattern.Mistake.self) { try CommandPattern(text) }
  }

  @Test("An exception counts more than a denial, and a denial more than a rate")
  func verdicts() throws {
    let (grep, everybody, user) = (
      try CommandPattern("grep"), try CommandPattern("*"), try CommandPattern("cgroup:/user.slice")
    )
    #expect(HydrationRules(denied: [everybody], slow: [user], allowed: [grep]).verdict(on: Self.grep) == .free)
    #expect(HydrationRules(denied: [everybody], slow: [user], allowed: [grep]).verdict(on: Self.script) == .denied)
    #expect(HydrationRules(denied: [grep], slow: [user]).verdict(on: Self.script) == .slow(group: 7))
    #expect(HydrationRules(denied: [grep], slow: [user]).verdict(on: Self.hidden) == .free)
    for indexer in HydrationRules.indexers { #expect(throws: Never.self) { try CommandPattern(indexer) } }
    #expect(HydrationRules.indexers.sorted() == HydrationRules.indexers)
  }

  @Test("Control groups are read as /proc has them")
  func controlGroups() {
    let groups = ProcessFacts.groups(Array("12:cpu,cpuacct:/a:b\n0::/user.slice\nnonsense\n".utf8))
    #expect(groups == [Array("/a:b".utf8), Array("/user.slice".utf8)])
  }
}
