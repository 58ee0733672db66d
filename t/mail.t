# Inbound mail: aliases, senders, what becomes of a message, replies.

use utf8;
use CRM::Test;
use CRM::Util qw(pick);
use Mojo::Util qw(decode);

my $crm     = CRM::Test->tenant(timezone => 'Europe/Berlin');
my $gateway = $crm->user(name => 'Gateway', role => 'mail_gateway');
my $sara    = $crm->user(name => 'Sara', role => 'salesperson',
                         email => 'Sara@crm.example');


sub raw {
    my ($file) = @_;

    open my $fh, '<:raw', "t/mail/$file.eml" or die "$file: $!";
    local $/;

    return <$fh>;
}


# a small mail by its headers and body

sub mail {
    my ($headers, $body) = @_;

    my %all = (
        From         => 'Mina <mina@example.com>',
        To           => 'sales@crm.example',
        Subject      => 'A question',
        'Message-ID' => '<' . int(rand(1e15)) . '@tests.example>',
        %{ $headers // {} },
    );

    my $text = join '', map { "$_: $all{$_}\r\n" }
               grep { defined $all{$_} } sort keys %all;

    utf8::encode($text .= "\r\n" . ($body // "Hello\r\n"));

    return $text;
}


sub deliver {
    my ($raw, %options) = @_;

    my $recipient = delete $options{recipient} // 'sales@crm.example';

    return $gateway->req('POST', '/mail/inbound', {
        query => { recipient => $recipient }, raw => $raw,
        headers => { 'Content-Type' => 'message/rfc822' }, %options,
    });
}


sub lead { return $crm->get("/leads/$_[0]")->json }

sub messages {
    my ($lead, $kind) = @_;

    return [ grep { !$kind || $_->{kind} eq $kind }
             @{ $crm->get("/leads/$lead/messages")->json->{data} } ];
}


# creates a lead from a file of t/mail; the lead and its message

sub take {
    my ($file) = @_;

    my $res = deliver(raw($file));
    $crm->status_ok($res, 201, "$file: 201");

    my $id = $res->json->{lead_id};

    return (lead($id), messages($id)->[0], $res);
}


my $team = $crm->get('/teams')->json->{data}[0]{id};

$crm->status_ok($crm->patch("/teams/$team", { alias => 'Sales' }), 200,
                'an alias');


# ---- who may, and what is refused ----------------------------------------

for my $client ($crm, $sara) {
    $crm->problem_ok($client->req('POST', '/mail/inbound', {
        query => { recipient => 'sales@crm.example' }, raw => mail(),
        headers => { 'Content-Type' => 'message/rfc822' },
    }), 403, 'forbidden', undef, 'only a mail gateway');
}

$crm->problem_ok($gateway->get($_), 403, 'forbidden', undef,
                 "a mail gateway may not $_")
    for qw(/me /leads /teams /board);

$crm->problem_ok(deliver(mail(), token => 'x'), 401, 'unauthorized', undef,
                 'a bad token');
$crm->problem_ok(deliver(mail(), recipient => 'nobody@crm.example'),
                 404, 'unknown_alias', undef, 'no such alias');
$crm->problem_ok(deliver(mail(), recipient => '@'), 404, 'unknown_alias',
                 undef, 'an address without a local part');
$crm->problem_ok(deliver(mail(), query => {}), 400, 'invalid_parameter',
                 undef, 'no recipient');
$crm->problem_ok(deliver(mail(), query => { recipient => 'sales@x',
                                            to => 1 }),
                 400, 'unknown_parameter', undef, 'an unknown parameter');
$crm->problem_ok(deliver(mail(), headers => { 'Content-Type' => $_ }),
                 415, 'unsupported_media_type', undef,
                 ($_ // 'none') . ' is no mail')
    for 'application/json', 'text/plain', undef;

$crm->problem_ok(deliver($_->[0]), 422, 'unparsable_mail', undef, $_->[1])
    for [ '', 'nothing' ],
        [ "hello\nworld\n", 'text without headers' ],
        [ join('', map { chr(rand 256) } 1 .. 5000), 'noise' ],
        [ mail({ 'Content-Type' => 'multipart/mixed; boundary=b' },
               "--b\n\n" x 5000), 'thousands of parts' ],
        [ mail({ map { ("X-$_" => 'x') } 1 .. 12_000 }),
          'thousands of headers' ],
        [ mail({ 'X-Long' => 'x' x 600_000 }), 'a header of 600 KB' ];

is($crm->get('/leads?total=true&active=any')->json->{total}, 0,
   'none of them left anything');


# ---- a lead from a mail --------------------------------------------------

my ($lead, $message, $res) = take('plain');

is_deeply(pick($lead, qw(name type state active email contact_name company_name
                         description user_id assigned_at contact_id team_id
                         created_by version phone)),
          { name => 'Price of 40 chairs', type => 'opportunity',
            state => 'open', active => $lead->{active},
            email => 'mina@example.com', contact_name => 'Mina Karimi',
            company_name => undef,
            description => "Hello,\n\nwhat do 40 chairs cost, delivered to"
                           . " Shiraz?\n\nMina",
            user_id => undef, assigned_at => undef, contact_id => undef,
            team_id => $team, created_by => undef, version => 1,
            phone => undef }, 'what the lead holds');
is_deeply($res->json, { lead_id => $lead->{id}, message_id => $message->{id},
                        threaded => Mojo::JSON->false }, 'the answer');
is($res->header('Location'), "/crm/v1/leads/$lead->{id}", 'Location');
is_deeply(pick($message, qw(kind body author_id from to subject message_id
                            quoted_from attachments changes)),
          { kind => 'email', body => $lead->{description},
            author_id => undef, from => 'Mina Karimi <mina@example.com>',
            to => 'sales@crm.example', subject => 'Price of 40 chairs',
            message_id => '<plain-1@example.com>', quoted_from => undef,
            attachments => [], changes => [] }, 'its message');
is(@{ messages($lead->{id}) }, 1, 'one message');


# ---- stored once ---------------------------------------------------------

$res = deliver(raw('plain'));
$crm->status_ok($res, 200, 'the same again');
is_deeply($res->json, { lead_id => $lead->{id}, message_id => $message->{id},
                        threaded => Mojo::JSON->false }, 'the same answer');
is(@{ messages($lead->{id}) }, 1, 'nothing written');
is($crm->get('/leads?total=true')->json->{total}, 1, 'no second lead');

$res = deliver(raw('no-message-id'));
$crm->status_ok($res, 201, 'without a Message-ID');
is($res->json->{lead_id}, deliver(raw('no-message-id'))->json->{lead_id},
   '... the same bytes are the same mail');
like(messages($res->json->{lead_id})->[0]{message_id}, qr/^<\S+\@\S+>$/,
     '... it gets one');

for my $round (1 .. 10) {
    my $raw = mail({ 'Message-ID' => "<twice-$round\@example.com>" });
    my @got = $gateway->concurrently(map {
        [ 'POST', '/mail/inbound?recipient=sales@crm.example',
          { raw => $raw, headers => { 'Content-Type' => 'message/rfc822' } } ]
    } 1 .. 4);

    is_deeply([ sort map { $_->status } @got ], [ 200, 200, 200, 201 ],
              "four deliveries at once, round $round");

    my %leads = map { $_->json->{lead_id} => 1 } @got;
    is(keys %leads, 1, 'one lead');
    is(@{ messages(keys %leads) }, 1, 'one message');
}


# ---- replies -------------------------------------------------------------

$res = deliver(raw('gmail-reply'));
$crm->status_ok($res, 200, 'a reply');
is_deeply(pick($res->json, qw(lead_id threaded)),
          { lead_id => $lead->{id}, threaded => Mojo::JSON->true },
          'to the lead it answers');

my $reply = messages($lead->{id})->[0];

is($res->json->{message_id}, $reply->{id}, 'its message');
is(substr($reply->{body}, 0, $reply->{quoted_from}),
   "Sounds good, please send it.\n\n", 'quoted_from');
is(lead($lead->{id})->{version}, 1, 'a message is no new version');
is(deliver(raw('gmail-reply'))->json->{threaded}, Mojo::JSON->true,
   'the reply again');
is(@{ messages($lead->{id}) }, 2, '... is not written again');

is(deliver(mail({ References => '<none@x> <plain-1@example.com> <gone@x>' }))
   ->json->{lead_id}, $lead->{id}, 'by References');

my ($other) = take('base64');

is(deliver(mail({ References => '<plain-1@example.com> <b64@example.com>' }))
   ->json->{lead_id}, $other->{id}, 'the last one known');
is(deliver(mail({ References    => '<b64@example.com>',
                  'In-Reply-To' => 'your mail <plain-1@example.com>' }))
   ->json->{lead_id}, $lead->{id}, 'In-Reply-To comes first');

is(deliver(mail({ 'In-Reply-To' => 'plain-1@example.com' }))
   ->json->{lead_id}, $lead->{id}, 'without its brackets, too');

$crm->status_ok($crm->post("/leads/$other->{id}/lost", {}), 200, 'lost');
$res = deliver(mail({ 'In-Reply-To' => '<b64@example.com>' }));
is($res->json->{lead_id}, $other->{id}, 'a reply to a lost lead');
is(lead($other->{id})->{state}, 'lost', '... does not revive it');

$crm->status_ok($crm->patch("/leads/$lead->{id}", { user_id => $sara->id }),
                200, 'assigned');
$res = deliver(mail({ 'In-Reply-To' => '<plain-1@example.com>',
                      From          => 'sara@CRM.example' }));
is($res->json->{lead_id}, $lead->{id}, "a reply to another's lead");
is(messages($lead->{id})->[0]{author_id}, $sara->id,
   'the author is the user with this address');


# ---- automatic replies ---------------------------------------------------

my $before = $crm->get('/leads?total=true&active=any')->json->{total};

for my $file (qw(out-of-office bulk bounce)) {
    $res = deliver(raw($file));
    $crm->status_ok($res, 200, "$file: 200");
    is_deeply($res->json, { lead_id => undef, message_id => undef,
                            threaded => Mojo::JSON->false },
              "$file: nothing");
}

is($crm->get('/leads?total=true&active=any')->json->{total}, $before,
   'they create nothing');

$res = deliver(mail({ 'Auto-Submitted' => 'auto-replied',
                      'In-Reply-To'    => '<plain-1@example.com>' }));
is($res->json->{lead_id}, $lead->{id}, '... but are threaded');
$crm->status_ok(deliver(mail({ 'Auto-Submitted' => 'no' })), 201,
                'Auto-Submitted: no is a person');


# ---- what people send ----------------------------------------------------

for my $case (
    [ 'windows-1256', 'سلام', 'مريم رضايي', 'maryam@example.ir',
      'سلام، قيمت چاپگر چند است؟' ],
    [ 'iso-2022-jp', '見積もりのお願い', '田中太郎', 'tanaka@example.jp',
      "お世話になっております。\n見積もりをお願いします。" ],
    [ 'split-words', 'پیشنهاد همکاری برای سال آینده', 'Jürgen Größ',
      'juergen@example.de', undef ],
    [ '8-bit-headers', 'Größe & قیمت', 'Zoë Müller', 'zoe@example.com',
      'raw utf-8 in headers' ],
    [ 'html-only', 'HTML only', 'Shop', 'shop@example.com', undef ],
    [ 'no-headers', 'only this', undef, undef, 'A mail of few words.' ],
    [ 'no-subject', '(no subject)', 'nobody', 'nobody@example.com',
      'No subject here.' ],
    [ 'smime-opaque', 'Encrypted', 'Secure', 'secure@example.com', undef ],
    [ 'broken-mime', '=?utf-8?B?broken', 'Broken', 'broken@example.com',
      'Text with ÿþ bytes and no end.' ],
) {
    my ($file, $name, $person, $email, $text) = @$case;
    my ($got) = take($file);

    is_deeply(pick($got, qw(name contact_name email)),
              { name => $name, contact_name => $person, email => $email },
              "$file: name, person, address");
    is($got->{description}, $text, "$file: text") if defined $text;
}

(undef, $message) = take('nested');

is_deeply($message->{attachments},
          [ { name => 'logo.gif', type => 'image/gif', size => 206 },
            { name => 'فاکتور.pdf', type => 'application/pdf', size => 1009 },
            { name => 'notes.txt', type => 'text/plain', size => 12 } ],
          'attachments');
is($message->{body}, 'Mañana llamaré.', 'the text part');

(undef, $message) = take('outlook-reply');
like(substr($message->{body}, $message->{quoted_from}), qr/^_{32}\nFra: /,
     "Outlook's quote is marked");

(undef, $message) = take('gmail-fa-html');
is(substr($message->{body}, 0, $message->{quoted_from}),
   "ممنون، فردا تماس می‌گیرم.\n\n", 'quoted_from counts characters');

is((take('invitation'))[1]{attachments}[0]{type}, 'text/calendar',
   'an invitation');


# ---- who has sent it -----------------------------------------------------

my $company = $crm->post('/contacts', { name => 'Karimi Ltd',
                                        kind => 'company' })->json->{id};
my $contact = $crm->post('/contacts', {
    name => 'Roya Karimi', parent_id => $company, email => 'Roya@Example.com',
    phone => '+98 21 555', job_title => 'Buyer', city => 'Shiraz',
})->json->{id};

$lead = lead(deliver(mail({ From => 'roya@example.COM' }))->json->{lead_id});

is_deeply(pick($lead, qw(contact_id contact_name email phone job_title city
                         company_name)),
          { contact_id => $contact, contact_name => 'roya',
            email => 'roya@example.COM', phone => '+98 21 555',
            job_title => 'Buyer', city => 'Shiraz',
            company_name => 'Karimi Ltd' },
          'a known contact is linked, and fills what the mail does not say');

my $gone = $crm->post('/contacts', { name => 'Old',
                                     email => 'old@example.com' })->json->{id};
$crm->patch("/contacts/$gone", { active => Mojo::JSON->false });

is(lead(deliver(mail({ From => 'old@example.com' }))->json->{lead_id})
   ->{contact_id}, undef, 'an archived one is not');

for my $case ([ 'everyone', 201, 201, 201, 201 ],
              [ 'contacts', 403, 201, 403, 201 ],
              [ 'users',    403, 403, 403, 201 ]) {
    my ($policy, $stranger, $known, $archived, $user) = @$case;

    $crm->status_ok($crm->patch("/teams/$team", { alias_policy => $policy }),
                    200, $policy);
    is(deliver(mail({ From => $_->[0] }))->status, $_->[1],
       "$policy: $_->[0] is $_->[1]")
        for [ 'stranger@example.net', $stranger ],
            [ 'ROYA@example.com', $known ],
            [ 'old@example.com', $archived ],
            [ 'sara@crm.EXAMPLE', $user ];
}

$crm->problem_ok(deliver(mail({ From => 'x' })), 403, 'sender_refused', undef,
                 'no address at all');

$crm->patch('/users/' . $sara->id, { active => Mojo::JSON->false });
is(deliver(mail({ From => 'sara@crm.example' }))->status, 403,
   'an inactive user');
$crm->patch('/users/' . $sara->id, { active => Mojo::JSON->true });
$crm->patch("/teams/$team", { alias_policy => 'everyone' });


# ---- teams ---------------------------------------------------------------

my $export = $crm->post('/teams', { name => 'Export', alias => 'export.eu',
                                    use_leads => Mojo::JSON->false })
             ->json->{id};
my $stage  = $crm->post('/stages', { name => 'Customs', sequence => 1,
                                     team_id => $export })->json->{id};

is_deeply(pick(lead(deliver(mail(), recipient => 'Export.EU@any.example')
                    ->json->{lead_id}), qw(team_id stage_id type)),
          { team_id => $export, stage_id => $stage, type => 'opportunity' },
          'the alias picks the team, the team its first stage');
is(lead(deliver(mail(), recipient => 'export.eu')->json->{lead_id})
   ->{team_id}, $export, 'a local part alone');

$crm->status_ok($crm->patch('/settings', { use_leads => Mojo::JSON->true,
                                           locale => 'fa' }), 200,
                'leads, in Persian');
is(lead(deliver(mail())->json->{lead_id})->{type}, 'lead',
   'a lead where tenant and team use leads');
is(lead(deliver(mail(), recipient => 'export.eu@x')->json->{lead_id})
   ->{type}, 'opportunity', '... else an opportunity');
is(lead(deliver(mail({ Subject => ' ' }))->json->{lead_id})->{name},
   '(بدون موضوع)', 'no subject, in the language of the tenant');
is(lead(deliver(mail({ Subject => "\xd3\xe1\xc7\xe3" }, 'x')
                =~ s/\xc3\x93\xc3\xa1\xc3\x87\xc3\xa3/\xd3\xe1\xc7\xe3/r)
        ->json->{lead_id})->{name}, 'سلام',
   'a header without charset, by the language of the tenant');

$crm->status_ok($crm->patch("/teams/$export",
                            { active => Mojo::JSON->false }), 200, 'closed');
$crm->problem_ok(deliver(mail(), recipient => 'export.eu@x'), 404,
                 'unknown_alias', undef, "an inactive team's alias");
$crm->patch('/settings', { use_leads => Mojo::JSON->false, locale => 'en' });


# ---- merged --------------------------------------------------------------

my $first  = deliver(mail({ 'Message-ID' => '<first@x>' }))->json->{lead_id};
my $second = deliver(mail({ 'Message-ID' => '<second@x>' }))->json->{lead_id};

deliver(mail({ 'Message-ID' => '<quoting@x>', 'In-Reply-To' => '<second@x>' },
             "Yes.\r\n\r\nOn Monday Ada wrote:\r\n> Hello\r\n"));

my $quoted_from = messages($second)->[0]{quoted_from};
is($quoted_from, 27, 'a mail that quotes');

my $merge = $crm->post('/leads/merge', { ids => [ $first, $second ] })->json;
is($merge->{id}, $first, 'merged');
is_deeply([ map { [ @$_{qw(message_id quoted_from merged_from)} ] }
            @{ messages($first, 'email') } ],
          [ [ '<quoting@x>', $quoted_from, $second ],
            [ '<second@x>', undef, $second ], [ '<first@x>', undef, undef ] ],
          '... quotes from where it did, and names where it came from');
ok(!exists messages($first, 'email')->[2]{merged_from},
   '... which one of its own does not');

$res = deliver(mail({ 'Message-ID' => '<third@x>',
                      'In-Reply-To' => '<second@x>' }));
is($res->json->{lead_id}, $first, 'a reply to a merged lead: its survivor');
is($res->json->{threaded}, Mojo::JSON->true, '... threaded');
is(deliver(mail({ 'Message-ID' => '<second@x>' }))->json->{lead_id}, $first,
   'its mail again: the survivor');

$crm->status_ok($crm->post("/leads/$first/unmerge", {}), 200, 'unmerged');
is(deliver(mail({ 'In-Reply-To' => '<second@x>' }))->json->{lead_id}, $second,
   'a reply to it is its own again');

$crm->post('/leads/merge', { ids => [ $first, $second ] });
$crm->status_ok($crm->delete("/leads/$first"), 204, 'the survivor is deleted');
$crm->status_ok(deliver(mail({ 'In-Reply-To' => '<second@x>' })), 201,
                'nothing is left to answer');


# ---- Idempotency-Key -----------------------------------------------------

my $raw = mail();
my %key = (headers => { 'Content-Type' => 'message/rfc822',
                        'Idempotency-Key' => 'mail-1' });

$res = deliver($raw, %key);
$crm->status_ok($res, 201, 'with a key');

my $again = deliver($raw, %key);
$crm->status_ok($again, 201, 'again: the stored answer');
is($again->header('Idempotency-Replayed'), 'true', '... is replayed');
is_deeply($again->json, $res->json, '... the same');
$crm->problem_ok(deliver(mail(), %key), 422, 'idempotency_mismatch', undef,
                 'another mail under the key');


# ---- size ----------------------------------------------------------------

my $large = mail(undef, "line of some text\r\n" x 600_000);

cmp_ok(length $large, '>', 11e6, '11 MB');
$res = deliver($large);
$crm->status_ok($res, 201, '... are taken');
is(length lead($res->json->{lead_id})->{description}, 65_536,
   '... and 64 KiB of text kept');
$crm->problem_ok(deliver('x' x (25 * 1024 * 1024 + 1)), 413, 'too_large',
                 undef, 'more than 25 MB');
$crm->problem_ok($crm->req('POST', '/leads',
                           { raw => '{"name":"' . 'x' x 8_400_000 . '"}' }),
                 413, 'too_large', undef, 'JSON of more than 8 MB');


# ---- deletion ------------------------------------------------------------

$crm->status_ok($crm->delete("/leads/$other->{id}"), 204, 'deleted');
$res = deliver(mail({ 'In-Reply-To' => '<b64@example.com>' }));
$crm->status_ok($res, 201, 'a reply to a deleted lead is a new one');
$crm->status_ok(deliver(raw('base64')), 201, 'its mail is unknown again');


$crm->check_clean;
done_testing;
