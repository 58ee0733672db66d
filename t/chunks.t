# Ids of more than one chunk of a bitmap (32,768): what a worker answers that
# has only just begun, or last heard of the tenant when it had only one.

use utf8;
use CRM::Test;
use CRM::Util qw(ids);

my $server = CRM::Test->private;
my $crm    = CRM::Test->tenant(server => $server);

# every worker of the server is new, and so is the connection

sub afresh {
    $server->kill_workers;
    $server->wait_ready;
    $crm->get('/openapi.json');
}


sub created {
    my ($path, $body) = @_;

    my $res = $crm->post($path, $body);

    $crm->status_ok($res, 201);

    return $res->json->{id};
}


# as if another worker had created many leads, and one that was too costly

for my $path ('/duplicate-rules', '/duplicate-rules/1') {
    afresh();
    $crm->get('/me') for 1, 2;
    $crm->redis('HSET', '{}tenant', 'id:lead', 40_000);
    $crm->redis('SETBIT', '{}d:1:0:n:1', 40_000 & 32_767, 1);

    my $got = $crm->get($path)->json;

    like(($got->{data} ? $got->{data}[0] : $got)->{health}, qr/ 1 record,/,
         "$path: more than were known");

    $crm->redis('DEL', '{}d:1:0:n:1');
    $crm->redis('HDEL', '{}tenant', 'id:lead');
}

afresh();
$crm->redis('HSET', '{}tenant', 'id:lead', 40_000, 'id:contact', 70_000);

my $rule = created('/duplicate-rules', { name => 'Costly',
                                         field => 'contact_name',
                                         pattern => '^(a+)+$' });

my $tag     = created('/tags', { name => 'Far' });
my $company = created('/contacts', { name => 'Acme', kind => 'company' });
my $person  = created('/contacts', { name => 'Ada', parent_id => $company });
my $one     = created('/leads', { name => 'One', contact_id => $person,
                                  tag_ids => [$tag] });
my $two     = created('/leads', { name => 'Two', contact_id => $company });
my $costly  = created('/leads', { name => 'Three',
                                  contact_name => 'a' x 60 . '!' });

is_deeply([ $company, $one, $costly ], [ 70_001, 40_001, 40_003 ],
          'ids beyond a chunk');

afresh();
like($crm->get("/duplicate-rules/$rule")->json->{health}, qr/ 1 record,/,
     'health of a rule');
afresh();
is_deeply([ map { $_->{health} // () }
            @{ $crm->get('/duplicate-rules')->json->{data} } ],
          [ $crm->get("/duplicate-rules/$rule")->json->{health} ],
          'in the list');
afresh();
like($crm->patch("/duplicate-rules/$rule", { confidence => 7 })
     ->json->{health}, qr/ 1 record,/, 'after a change');

afresh();
is_deeply(ids($crm->get("/leads?tag_id=$tag")), [$one], 'a list');
afresh();
is($crm->get('/leads?q=two&total=true')->json->{total}, 1, 'a total');
# by the company and by those below it

for my $case ([ $one, $two ], [ $two, $one ]) {
    afresh();

    my ($found) = @{ $crm->get("/leads/$case->[0]/duplicates")
                     ->json->{data} };

    is($found->{lead}{id}, $case->[1], 'a duplicate');
    is_deeply([ grep { $_->{field} eq 'contact' } @{ $found->{matched} } ],
              [ { rule_id => undef, field => 'contact', key => $company } ],
              'of one company');
}

afresh();
is($crm->get('/reports/pipeline?group_by=stage&tag_id=' . $tag)
   ->json->{data}[0]{count}, 1, 'a report');

for my $case ([ "/tags/$tag", { leads => 1 } ],
              [ "/contacts/$company", { contacts => 1, leads => 1 } ],
              [ '/stages/1', { leads => 3 } ])
{
    my ($path, $counts) = @$case;

    afresh();

    my $res = $crm->delete($path);

    $crm->problem_ok($res, 409, 'in_use', undef, "$path is in use");
    is_deeply($res->json->{counts}, $counts, 'by so many');
}

my $free   = created('/tags', { name => 'Free' });
my $nobody = created('/contacts', { name => 'Empty', kind => 'company' });

for my $path ("/tags/$free", "/contacts/$nobody") {
    afresh();
    $crm->status_ok($crm->delete($path), 204, "$path is deleted");
}

$crm->check_clean;
done_testing;
