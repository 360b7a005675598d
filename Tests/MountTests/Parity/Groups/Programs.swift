extension ScenarioGroup {
  /// execve(2), and files that are running.
  static let programs = ScenarioGroup(
    name: "programs",
    script: """
      scenario a script
      exec tool
      put new 0755 #!/bin/sh%0aexit%207
      exec new
      chmod new 0644
      exec new
      as 1001 exec tool
      chmod tool 0700
      as 1001 exec tool
      chmod tool 0100
      exec tool
      chmod tool 0
      exec tool
      symlink tool to-tool
      chmod tool 0755
      exec to-tool

      scenario a program
      install /bin/true new 0755
      exec new
      as 1001 exec new
      chmod new 0711
      as 1001 exec new
      link new linked
      exec linked
      rename new newer
      exec newer
      unlink linked
      exec newer

      scenario what cannot run
      symlink loop loop
      each missing,missing/x,file/x,dir,file,empty,dangling,loop,@empty,@name256 exec {}
      chmod file 0755
      exec file
      chmod empty 0755
      exec empty
      put no-interpreter 0755 #!/nowhere/at-all%0a
      exec no-interpreter
      chmod dir 0600
      as 1001 exec dir/inner
      mkfifo p 0777
      exec p

      scenario writing to what runs
      install /bin/sleep running 0755
      spawn ./running 20 -> p
      open running O_WRONLY
      open running O_RDWR
      open running O_WRONLY,O_TRUNC
      truncate running 0
      open running O_RDONLY
      chmod running 0700
      kill p
      open running O_WRONLY

      scenario emptying what runs without writing
      install /bin/sleep running 0755
      spawn ./running 20 -> p
      open running O_RDONLY,O_TRUNC
      stat running size
      kill p

      scenario running what is written
      install /bin/true new 0755
      open new O_WRONLY -> h
      exec new
      close h
      exec new
      open tool O_WRONLY -> h
      exec tool
      close h
      exec tool

      scenario replacing what runs
      install /bin/sleep running 0755
      spawn ./running 20 -> p
      install /bin/true new 0755
      rename new running
      exec running
      unlink running
      kill p

      scenario removing what runs
      install /bin/sleep running 0755
      spawn ./running 20 -> p
      unlink running
      install /bin/true running 0755
      exec running
      kill p

      scenario a changed script runs as changed
      exec tool
      put tool 0755 #!/bin/sh%0aexit%209
      exec tool
      open tool O_WRONLY,O_APPEND -> h
      write h %0a
      close h
      exec tool

      scenario set-ID programs give who they are
      install /usr/bin/id new 0755
      chown new 1001 2001
      chmod new 06755
      exec new
      stat new mode
      exec new

      """)
}
