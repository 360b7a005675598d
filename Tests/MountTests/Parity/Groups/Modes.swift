extension ScenarioGroup {
  /// chmod(2), fchmod(2) and access(2), and when bits of the mode go away by themselves.
  static let modes = ScenarioGroup(
    name: "modes",
    script: """
      scenario every bit
      each 0,0777,0644,0400,0001,04755,02755,01755,07777,0 chmod file {}
      each 0111,04111,02070,01007,07777 chmod file {}
      stat file mode
      each 0,0700,01777,02755,04755,07777 chmod dir {}
      stat dir mode,type
      chmod file 0107777
      stat file mode,type
      chmod tool 0644
      stat tool mode
      chmod dir/inner 0600
      each dir/inner,dir/sub/deep,dir stat {} mode,uid,gid

      scenario what chmod leaves alone
      chmod file 0600
      stat file type,mode,size,nlink,uid,gid,blocks
      cat file
      chmod empty 0600
      stat empty mode,size
      chmod file 0644
      stat file mode
      chmod link 0640
      stat file mode
      chmod dir 0700
      list dir
      chmod big 0444
      stat big mode,size

      scenario through an open file
      open file O_RDONLY -> r
      fchmod r 0600
      stat file mode
      fstat r mode
      open dir O_RDONLY -> d
      fchmod d 0711
      stat dir mode
      chmod file 0640
      fstat r mode

      scenario paths that lead nowhere
      symlink loop loop
      each missing,missing/x,file/x,link/x,dangling,dangling/x,loop,loop/x,@empty,@name256 chmod {} 0600
      each @path4096:file,@path4095:file,file/,dir/,to-dir/,link/ chmod {} 0700
      each file,dir stat {} mode

      scenario who may
      each file,dir,link,dir/inner as 1001 chmod {} 0777
      chmod file 0666
      as 1001 chmod file 0644
      chown file 1001 2001
      as 1001 chmod file 0600
      as 1002:2001 chmod file 0644
      as 1001 open file O_RDONLY -> h
      as 1002 fchmod h 0644
      as 1001 fchmod h 0640
      stat file mode
      chmod dir 0666
      as 1001 chmod dir/inner 0600
      as 1001 chmod dir/missing 0600
      as 1001 chmod missing 0600

      scenario the set-group-ID bit by an owner who is not in the group
      chmod . 0777
      put f 0644
      chown f 1001 2001
      mkdir d
      chown d 1001 2001
      each f,d as 1001:1001 chmod {} 02755
      each f,d stat {} mode
      each f,d as 1001:2001 chmod {} 02755
      each f,d stat {} mode
      each f,d as 1001:1001:2001 chmod {} 06775
      each f,d stat {} mode
      each f,d as 1001:1001 chmod {} 0755
      each f,d stat {} mode
      each f,d chmod {} 07777
      each f,d stat {} mode

      scenario the sticky bit of files
      put f 0644
      chown f 1001 1001
      as 1001 chmod f 01644
      stat f mode
      mkdir d
      chown d 1001 1001
      as 1001 chmod d 01777
      stat d mode

      scenario writing takes set-ID bits away
      each 06777,04777,02777,02767,07777,04666 put f{} {} text
      each 06777,04777,02777,02767,07777,04666 as 1001 open f{} O_WRONLY -> h{}
      each 06777,04777,02777,02767,07777,04666 stat f{} mode
      user 1001
      each 06777,04777,02777,02767,07777,04666 write h{} x
      each 06777,04777,02777,02767,07777,04666 stat f{} mode

      scenario writing by root leaves set-ID bits
      put f 06777 text
      open f O_WRONLY -> h
      write h x
      stat f mode
      truncate f 1
      stat f mode

      scenario writing by the owner
      chmod . 0777
      as 1001 put f 06777 text
      stat f mode
      as 1001 open f O_WRONLY -> h
      user 1001
      write h x
      fstat h mode
      chmod f 06777
      pwrite h 0 y
      fstat h mode
      chmod f 06777
      write h @empty
      fstat h mode

      scenario truncating takes set-ID bits away
      each 06777,04777,02777,02767,07777 put f{} {} text
      each 06777,04777,02777,02767,07777 as 1001 truncate f{} 2
      each 06777,04777,02777,02767,07777 stat f{} mode,size
      each 06777,04777,02777,02767,07777 chmod f{} {}
      each 06777,04777,02777,02767,07777 as 1001 open f{} O_WRONLY,O_TRUNC
      each 06777,04777,02777,02767,07777 stat f{} mode,size
      each 06777,04777 chmod f{} {}
      as 1001 open f06777 O_WRONLY -> h
      user 1001
      ftruncate h 9
      stat f06777 mode,size
      truncate f04777 0
      stat f04777 mode,size

      scenario fallocate and copies take set-ID bits away
      each a,b,c put {} 06777 text
      each a,b,c open {} O_WRONLY -> {}
      open big O_RDONLY -> from
      user 1001
      fallocate a - 0 8192
      stat a mode
      copy_file_range from 0 b 0 100
      stat b mode
      sendfile c from 0 100
      stat c mode

      scenario set-ID bits of a file that was there
      chmod tool 06777
      as 1001 open tool O_RDWR -> h
      stat tool mode
      user 1001
      write h #!/bin/no
      stat tool mode
      root
      chmod file 04666
      as 1001 truncate file 3
      stat file mode,size

      scenario a mapped file with set-ID bits
      put f 06777 @zeros4096
      open f O_RDWR -> h
      user 1001
      mmap h 4096 R,W SHARED -> m
      mwrite m 0 text
      msync m SYNC
      stat f mode

      scenario access by root
      put none 0 text
      put run 0100 text
      mkdir secret 0
      each none,run,secret,file,tool,dir access {} R
      each none,run,secret,file,tool,dir access {} W
      each none,run,secret,file,tool,dir access {} X
      each missing,file/x,dangling access {} F

      scenario access by somebody else
      each 0644,0600,0755,0711,0111,0222,0 put f{} {} text
      each 0644,0600,0755,0711,0111,0222,0 as 1001 access f{} F
      each 0644,0600,0755,0711,0111,0222,0 as 1001 access f{} R
      each 0644,0600,0755,0711,0111,0222,0 as 1001 access f{} W
      each 0644,0600,0755,0711,0111,0222,0 as 1001 access f{} X
      each 0644,0600,0755,0711,0111,0222,0 as 1001:0 access f{} R
      each file,tool,dir,link,dir/inner,missing,dangling as 1001 access {} R
      each file,tool,dir,link,dir/inner,missing,dangling as 1001 access {} W
      each file,tool,dir,link,dir/inner,missing,dangling as 1001 access {} X
      each file,tool,dir,link,dir/inner,missing,dangling as 1001 access {} R,X EACCESS
      chmod dir 0600
      as 1001 access dir/inner F
      as 1001 access dir/missing F
      as 1001 access dir F
      as 1001 access dangling F NOFOLLOW

      scenario owner, group and others each get their own bits
      each 0700,0070,0007,0077,0707,0770 put f{} {} text
      each 0700,0070,0007,0077,0707,0770 chown f{} 1001 2001
      each 0700,0070,0007,0077,0707,0770 as 1001:2001 access f{} R,W,X
      each 0700,0070,0007,0077,0707,0770 as 1002:2001 access f{} R,W,X
      each 0700,0070,0007,0077,0707,0770 as 1002:2002:2003,2001 access f{} R,W,X
      each 0700,0070,0007,0077,0707,0770 as 1002:2002 access f{} R,W,X
      each 0700,0070,0007,0077,0707,0770 as 1001:2001 open f{} O_RDWR
      each 0700,0070,0007,0077,0707,0770 as 1002:2001 open f{} O_RDWR
      each 0700,0070,0007,0077,0707,0770 as 1002:2002:2003,2001 open f{} O_RDWR
      each 0700,0070,0007,0077,0707,0770 as 1002:2002 open f{} O_RDWR
      each 0700,0070,0007,0077,0707,0770 open f{} O_RDWR

      scenario reading, writing and searching directories
      each 0777,0555,0333,0666,0111,0222,0444,0 mkdir d{}
      each 0777,0555,0333,0666,0111,0222,0444,0 put d{}/f 0666 text
      each 0777,0555,0333,0666,0111,0222,0444,0 chmod d{} {}
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 open d{} O_RDONLY
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 stat d{}/f size
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 open d{}/f O_RDWR
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 stat d{}/missing
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 put d{}/new 0644
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 unlink d{}/f
      each 0777,0555,0333,0666,0111,0222,0444,0 as 1001 chdir d{}
      chdir ..

      """)
}
