# Random merges, what takes them back, and everything else, on a few leads:
# nothing is lost, a merge that is taken back leaves no trace, and the indexes
# hold.
#
#   CRM_SEED=n CRM_OPS=n prove -It/lib t/random_merge.t

use utf8;
use CRM::Test;
use CRM::Util qw(ids pick);

use Mojo::JSON qw(encode_json);
use Time::HiRes qw(time);

my $seed = $ENV{CRM_SEED} // int(time * 1000) % 1_000_000_000;
my $ops  = $ENV{CRM_OPS} // 400;

srand($seed);
note("CRM_SEED=$seed");

my $crm = CRM::Test->tenant;

$crm->status_ok($crm->patch('/settings', { use_leads => \1 }), 200);

my @users   = ($crm->id, map { $crm->user(name => $_, role => 'salesperson')
                               ->id } qw(A B));
my @teams   = (1, $crm->post('/teams', { name => 'North' })->json->{id});
my @stages  = (1 .. 4, $crm->post('/stages', { name => 'Theirs',
                                  sequence => 15, team_id => $teams[1] })
                       ->json->{id});
my @tags    = map { $crm->post('/tags', { name => $_ })->json->{id} } 'a' .. 'd';
my @contact = map { $crm->post('/contacts', { name => "C $_" })->json->{id} }
              1 .. 3;
my $value   = 0;
my %seen;               # the values that were given to leads that are there


sub one { return $_[ rand @_ ] }

sub fresh {
    my $text = sprintf '%s%05d', $_[0], ++$value;

    return $text;
}


sub body {
    my %all = (
        name => fresh('name'), email => fresh('m') . '@e.example',
        phone => '0' . (1_000_000 + ++$value), company_name => fresh('co'),
        contact_name => fresh('person'), job_title => fresh('job'),
        website => fresh('w') . '.example', street => fresh('street'),
        city => fresh('city'), country => one('DE', 'IR'),
        description => fresh('description'), priority => int rand 4,
        expected_revenue => int rand 1e6, source => fresh('source'),
        tag_ids => [ grep { rand() < 0.4 } @tags ], user_id => one(@users),
        campaign => fresh('campaign'), contact_id => one(@contact),
        referred_by => fresh('by'), color => int rand 12,
        expected_close => '2027-01-0' . (1 + int rand 9),
        type => one('lead', 'opportunity'),
    );

    delete @all{ grep { $_ ne 'name' && rand() < 0.5 } keys %all };
    $all{team_id} = one(@teams) if rand() < 0.5;

    return \%all;
}


my @text = qw(name email phone company_name contact_name job_title website
              street city description source campaign referred_by);

my @fields = qw(id name type state active stage_id team_id user_id contact_id
                contact_name company_name job_title email phone website street
                city region postal_code country description priority
                expected_revenue recurring_revenue probability
                probability_mode expected_close tag_ids source medium campaign
                referred_by color lost_reason_id closed_at converted_at
                assigned_at stage_changed_at activity_state next_activity
                created_at);


sub create {
    my $body = body();
    my $res  = $crm->post('/leads', $body);

    die $res->describe if $res->status != 201;

    my $id = $res->json->{id};

    $crm->post("/leads/$id/messages", { body => fresh('note') })
        for 1 .. rand 4;
    $crm->post("/leads/$id/activities", { type_id => one(1, 2, 4),
                                          summary => fresh('act') })
        for 1 .. rand 3;

    return $id;
}


sub alive { return ids($crm->get('/leads?active=any&limit=1000')) }


# what a lead is, with all that hangs on it

sub whole {
    my ($id) = @_;

    my $lead = $crm->get("/leads/$id")->json;

    $lead->{tag_ids} = [ sort { $a <=> $b } @{ $lead->{tag_ids} } ];

    my $acts = $crm->get("/leads/$id/activities", query => { limit => 1000,
                   state => 'overdue,today,planned,done,cancelled' })
               ->json->{data};
    my $said = $crm->get("/leads/$id/messages", query => { limit => 1000 })
               ->json->{data};

    return { %{ pick($lead, @fields) },
             acts => [ map { pick($_, qw(id summary state user_id lead_id)) }
                       sort { $a->{id} <=> $b->{id} } @$acts ],
             said => [ map { $_->{id} } @$said ] };
}


sub some {
    my ($n, @of) = @_;

    my %take;

    while (keys %take < $n) {
        $take{ one(@of) } = 1;
    }

    return keys %take;
}


# every text of the records is on the survivor or in its messages

sub nothing_lost {
    my ($before, $id) = @_;

    my $now = $crm->get("/leads/$id")->body
              . $crm->get("/leads/$id/messages?limit=1000")->body;

    for my $lead (@$before) {
        for my $field (grep { defined $lead->{$_} } @text) {
            return "$field $lead->{$field} of $lead->{id}"
                if grep { index($now, $_) < 0 } split /\n+/, $lead->{$field};
        }
    }

    return '';
}


my @failed;
my %done;

sub merge_and_back {
    my ($back) = @_;

    my $ids = alive();

    return create() if @$ids < 6;

    my @take   = some(2 + int rand 3, @$ids);
    my @before = map { whole($_) } sort { $a <=> $b } @take;
    my $dry    = $crm->post('/leads/merge', { ids => \@take, dry_run => \1 })
                 ->json;
    my $res    = $crm->post('/leads/merge', { ids => \@take });

    return push @failed, 'merge: ' . $res->describe if $res->status != 200;

    my $id   = $res->json->{id};
    my $lost = nothing_lost(\@before, $id);

    push @failed, "lost: $lost" if $lost;
    push @failed, "dry run of $id"
        if encode_json(pick($dry, qw(merge_id version), grep {
               !/_at$/ } @fields))
        ne encode_json(pick($res->json, qw(merge_id version), grep {
               !/_at$/ } @fields));

    my @acts = sort { $a <=> $b } map { map { $_->{id} } @{ $_->{acts} } }
               @before;
    my @have = map { $_->{id} } @{ whole($id)->{acts} };

    push @failed, "activities of $id: @acts, not @have" if "@acts" ne "@have";

    return if !$back;

    $res = $crm->post("/leads/$id/unmerge", {});

    return push @failed, 'unmerge: ' . $res->describe if $res->status != 200;

    for my $was (@before) {
        my $is = whole($was->{id});

        if ($was->{id} == $id) {        # two log messages more
            splice @{ $is->{said} }, 0, 2;
        }

        push @failed, "back: " . encode_json($was) . "\n      "
                      . encode_json($is)
            if encode_json($was) ne encode_json($is);
    }
}


my %act = (
    create  => \&create,
    merge   => sub { merge_and_back(0) },
    back    => sub { merge_and_back(1) },
    unmerge => sub { $crm->post('/leads/' . one(@{ alive() }) . '/unmerge',
                                {}) },
    convert => sub { $crm->post('/leads/' . one(@{ alive() }) . '/convert',
                                { action => one('convert', 'merge'),
                                  customer => { action => one(qw(create
                                                    link none)) } }) },
    lost    => sub { $crm->post('/leads/' . one(@{ alive() }) . '/lost',
                                { lost_reason_id => 1 }) },
    restore => sub { $crm->post('/leads/' . one(@{ alive() }) . '/restore',
                                {}) },
    won     => sub { $crm->post('/leads/' . one(@{ alive() }) . '/won', {}) },
    move    => sub { $crm->post('/leads/' . one(@{ alive() }) . '/move',
                                { stage_id => one(@stages) }) },
    archive => sub { $crm->post('/leads/' . one(@{ alive() }) . '/archive',
                                {}) },
    patch   => sub { my $body = body();
                     delete $body->{type};
                     $crm->patch('/leads/' . one(@{ alive() }), $body) },
    delete  => sub { $crm->delete('/leads/' . one(@{ alive() })) },
    done    => sub { my $acts = ids($crm->get('/activities'));
                     $crm->post('/activities/' . one(@$acts) . '/done', {})
                         if @$acts },
);

my @bag = (('create') x 4, ('merge') x 3, ('back') x 3, ('unmerge') x 3,
        ('convert') x 2, ('patch') x 3, qw(lost restore won move archive
        delete done));

create() for 1 .. 12;

for my $n (1 .. $ops) {
    my $what = one(@bag);

    my $res = $act{$what}->();

    $done{$what}++;
    push @failed, "$what: " . $res->describe
        if ref $res && $res->can('status') && $res->status >= 500;

    last if @failed;
}

is_deeply(\@failed, [], 'nothing is lost, and everything comes back')
    || diag("CRM_SEED=$seed");
note(encode_json(\%done));

$crm->check_clean;
done_testing;
