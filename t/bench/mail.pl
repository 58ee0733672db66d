#!/usr/bin/perl
#
# Inbound mail: messages of 20 KB a second, and what a GET waits beside mail
# of 10 MB.
#
#   t/bench/mail.pl [--seconds 5] [--connections 64]
#
# Needs wrk.  Nothing else should run on the machine.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();

my $top;

BEGIN { $top = abs_path(dirname(__FILE__) . '/../..') }

use lib "$top/t/lib";
use CRM::Client;
use CRM::Server;
use CRM::Test ();
use Getopt::Long;
use Time::HiRes qw(time);

GetOptions(
    'seconds=i'     => \(my $seconds     = 5),
    'connections=i' => \(my $connections = 64),
) or die "see the head of $0\n";

$| = 1;

my $server  = CRM::Server->new(workers => 1, server => 'access_log off;');
my $crm     = CRM::Test->tenant(server => $server, slug => 'mail');
my $gateway = $crm->user(name => 'Gateway', role => 'mail_gateway');
my $path    = '/crm/v1/mail/inbound?recipient=sales@crm.example';

$crm->patch('/teams/' . $crm->get('/teams')->json->{data}[0]{id},
            { alias => 'sales' });

rate();
latency();
exit($server->finish ? 0 : 1);


# every message is another one: the id is counted by thread and request

sub rate {
    my $script = File::Temp->new(SUFFIX => '.lua');
    my $token  = $gateway->token;
    my $host   = $crm->slug . '.localhost';

    print {$script} <<"END";
local n, body = 0, ("one line of an ordinary message\\r\\n"):rep(600)
math.randomseed(os.time())
local run = math.random(1e9)
wrk.method = "POST"
wrk.headers["Host"] = "$host"
wrk.headers["Authorization"] = "Bearer $token"
wrk.headers["Content-Type"] = "message/rfc822"
local id = 0
function setup(thread) id = id + 1; thread:set("id", id) end
function request()
  n = n + 1
  return wrk.format(nil, "$path", nil,
    "From: Mina <mina" .. n % 5000 .. "\@example.com>\\r\\n" ..
    "Subject: =?utf-8?B?2LPZhNin2YU=?= " .. n .. "\\r\\nMessage-ID: <" ..
    run .. "." .. id .. "." .. n .. "\@bench>\\r\\n" ..
    "Content-Type: multipart/alternative; boundary=b\\r\\n\\r\\n" ..
    "--b\\r\\nContent-Type: text/plain; charset=utf-8\\r\\n\\r\\n" ..
    body:sub(1, 6000) ..
    "\\r\\n--b\\r\\nContent-Type: text/html; charset=utf-8\\r\\n\\r\\n<p>" ..
    body:sub(1, 14000) .. "\\r\\n--b--\\r\\n")
end
END
    close $script;

    my $url = 'http://127.0.0.1:' . $server->port;
    my $out = `wrk -t1 -c$connections -d${seconds}s -s $script $url`;

    my ($rate)   = $out =~ m{Requests/sec:\s+([\d.]+)} or die $out;
    my ($errors) = $out =~ m{Non-2xx or 3xx responses: (\d+)};

    printf "mail of 20 KB: %.0f a second%s\n", $rate,
           $errors ? ", $errors refused" : '';
}


sub latency {
    my $id    = $crm->post('/leads', { name => 'Lead' })->json->{id};
    my $large = "From: Mina <mina\@example.com>\r\nMessage-ID: <N\@large>\r\n"
              . "Content-Type: application/pdf\r\n"
              . "Content-Transfer-Encoding: base64\r\n\r\n"
              . ('QUJDREVGR0hJSktMTU5PUFFS' x 3 . "\r\n") x 140_000;

    for my $mails (0, 4) {
        my @senders = map {
            my $raw = $large =~ s/<N/<$_/r;
            my $socket = $server->socket;
            print {$socket} "POST $path HTTP/1.1\r\nHost: mail.localhost\r\n"
                . 'Authorization: Bearer ' . $gateway->token . "\r\n"
                . "Content-Type: message/rfc822\r\nConnection: close\r\n"
                . 'Content-Length: ' . length($raw) . "\r\n\r\n$raw";
            $socket;
        } 1 .. $mails;

        my @times = sort { $a <=> $b } map {
            my $start = time;
            $crm->get("/leads/$id");
            time - $start;
        } 1 .. 500;

        CRM::Server::read_all($_, 30) for @senders;

        printf "GET beside %d mails of 10 MB: p50 %.2f ms, p99 %.2f ms\n",
               $mails, 1000 * $times[250], 1000 * $times[494];
    }
}
